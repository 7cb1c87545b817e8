import { expect } from 'vitest';
import { eventLogHash, type RunRecord, type SimulatedRun } from '../index.ts';

interface RunMatchers<R> {
  /** Every objective holds, and so did the experiment. */
  toPass(): R;
  /** One objective holds, whatever becomes of the others. */
  toMeet(objective: string): R;
  /** The time that the run took to recover or to drain is known and at most this long. Milliseconds. */
  toRecoverWithin(limitMs: number): R;
}

declare module 'vitest' {
  // Merging with vitest's own takes the same parameter, and adds nothing but what it extends.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Matchers<T> extends RunMatchers<T> {}
}

type Objective = RunRecord['verdict']['objectives'][number];

expect.extend({
  toPass(received: unknown) {
    const run = runOf(received);
    const { record } = run;
    const { outcome, invalidReasons, objectives } = record.verdict;
    const name = `${record.plan.scenario} with seed ${record.plan.seed}`;
    const held = outcome === 'pass';
    const broken = objectives.filter((objective) => objective.outcome !== 'pass').map(describeObjective);
    return {
      pass: held,
      message: () =>
        held
          ? withCommand(run, [`${name} passed, and was expected not to.`])
          : withCommand(run, [`${name}: ${outcome}`, ...invalidReasons, ...broken]),
    };
  },
  toMeet(received: unknown, name: string) {
    const run = runOf(received);
    const { record } = run;
    const objective = record.verdict.objectives.find((candidate) => candidate.name === name);
    const names = record.verdict.objectives.map((candidate) => candidate.name).join(', ');
    const found = objective ? describeObjective(objective) : `There is no objective "${name}"; there are: ${names}.`;
    return { pass: objective?.outcome === 'pass', message: () => withCommand(run, [found]) };
  },
  toRecoverWithin(received: unknown, limitMs: number) {
    const run = runOf(received);
    const { record } = run;
    const times = record.verdict.objectives.flatMap(({ name, figures }) =>
      figures
        .filter((figure) => figure.name === 'recovery time' || figure.name === 'drain time')
        .map(({ value }) => ({ name, value })),
    );
    const said = times.map(({ name, value }) => `${name}: ${value === null ? 'not until the end' : `${value} ms`}`);
    const seen = said.length === 0 ? ['No objective of this scenario measures a recovery.'] : said;
    return {
      pass: times.length > 0 && times.every(({ value }) => value !== null && value <= limitMs),
      message: () => withCommand(run, [...seen, `limit: ${limitMs} ms`]),
    };
  },
});

export { expect };

function runOf(received: unknown): SimulatedRun {
  if (typeof received === 'object' && received !== null && 'record' in received) return received as SimulatedRun;
  throw new TypeError('This matcher is for what "simulate" gives.');
}

function describeObjective({ outcome, name, finding, counterexamples }: Objective): string {
  return [`${outcome}: ${name}: ${finding}`, ...counterexamples.slice(0, 5).map((example) => `  - ${example}`)].join(
    '\n',
  );
}

/** The same run has the same hash, so whoever runs it again sees that it is the same. */
function withCommand(run: SimulatedRun, lines: readonly string[]): string {
  const { command } = run.record.run;
  return [...lines, `Event log: sha256 ${eventLogHash(run)}`, `Run it again: ${command}`].join('\n');
}
