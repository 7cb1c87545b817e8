import { injectors } from './faults/index.ts';
import type { FaultInjector } from './faults/types.ts';
import { GamedayError } from './kit/errors.ts';
import type { Scenario } from './scenario.ts';
import { worldNames, type WorldName } from './surroundings.ts';
import type { TargetConfig } from './world/target.ts';
import type { HostNeed, PartSpec } from './world/types.ts';

/** What the things of each world have. In the simulated one everything is a function in one process. */
const offers: Readonly<Record<WorldName, readonly HostNeed[]>> = {
  local: ['processes', 'sockets', 'tls'],
  simulated: [],
};

/** Something in a scenario that has needs, in the words of a reason. */
interface Needing {
  readonly what: string;
  readonly needs: readonly HostNeed[];
}

/**
 * What a scenario needs that a world does not have, a sentence for each part and fault, with the worlds that have it; empty when the world
 * can do it all.
 *
 * @param kinds the faults there are; default all of gameday's
 */
export function worldProblems(
  scenario: Scenario,
  world: WorldName,
  kinds: readonly FaultInjector[] = injectors,
): string[] {
  const parts = scenario.world.parts.map((part) => ({ what: `the part "${part.name}"`, needs: needsOfPart(part) }));
  const faults = scenario.faults.map(({ name, kind }) => ({
    what: `the fault "${name}" (${kind})`,
    needs: kinds.find((injector) => injector.kind === kind)?.needs ?? [],
  }));
  return [...parts, ...faults].flatMap((thing) => problemOf(thing, world));
}

/**
 * Says of a target that a world cannot run what has to be added to its config.
 *
 * @throws GamedayError `bad-config`
 */
export function checkTargetFits(target: TargetConfig, world: WorldName): void {
  if (world !== 'simulated' || target.inProcess) return;
  throw new GamedayError(
    'bad-config',
    `The simulated world runs functions of this process, and ${target.name} is none: its config has no "inProcess".`,
    {
      hint: 'Please add "inProcess" to the config: a function that imports the target and resolves to what makes it (CreateTarget). Or use a world of real processes: --world local.',
    },
  );
}

function problemOf({ what, needs }: Needing, world: WorldName): string[] {
  const missing = needs.filter((need) => !offers[world].includes(need));
  if (missing.length === 0) return [];
  const able = worldNames.filter((name) => needs.every((need) => offers[name].includes(need)));
  const where = able.map((name) => `--world ${name}`).join(' or ');
  return [
    `${what} needs ${missing.map((need) => words[need]).join(' and ')}, which the ${world} world has not; ${where === '' ? 'no world of this version has it' : `${where} has`}`,
  ];
}

const words: Readonly<Record<HostNeed, string>> = {
  processes: 'processes of the operating system',
  sockets: 'real sockets',
  tls: 'TLS',
};

/** A part with a server of its own needs a socket for it, and one with a link of TLS that. */
function needsOfPart({ protocol, tls = false, needs = [] }: PartSpec): readonly HostNeed[] {
  const implied: HostNeed[] = [...(protocol === 'tcp' ? ['sockets' as const] : []), ...(tls ? ['tls' as const] : [])];
  return [...new Set([...implied, ...needs])];
}
