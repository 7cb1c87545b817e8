import type { TargetConfig } from '../../harness/index.ts';
import { answered, smallFunction } from './small-function.ts';
import { smallScenario } from './small-world.ts';

/** Lasts longer than the watchdog waits in the tests. */
const phases = { warmUpMs: 1000, baselineMs: 20_000, faultMs: 20_000, holdMs: 1000, recoveryMs: 20_000 };

export const scenarios = [{ ...smallScenario, name: 'looping', phases }];

const loops: Readonly<Record<string, () => Promise<void>>> = {
  microtasks: turnInMicrotasks,
  statements: turnInStatements,
};

let asked = 0;

/** At the twentieth question it never pauses again, in the way that the environment says. */
export const config: TargetConfig = smallFunction({
  ask: async (_, context) => {
    asked += 1;
    if (asked === 20) await loops[process.env['LOOPS_IN'] ?? 'nothing']?.();
    return answered(context);
  },
});

async function turnInMicrotasks(): Promise<void> {
  for (;;) await Promise.resolve();
}

async function turnInStatements(): Promise<void> {
  for (let turns = 0; ; turns++) asked = turns;
}
