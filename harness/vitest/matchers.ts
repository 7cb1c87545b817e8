import { expect } from 'vitest';
import type { RunRecord, SimulatedRun } from '../index.ts';

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
    const { record } = runOf(received);
    const { outcome, invalidReasons, objectives } = record.verdict;
    const held = outcome === 'pass';
    const broken = objectives.filter((objective) => objective.outcome !== 'pass').map(describeObjective);
    return {
      pass: held,
      message: () =>
        held
          ? withCommand(record, [`${record.plan.scenario} passed, and was expected not to.`])
          : withCommand(record, [`${record.plan.scenario}: ${outcome}`, ...invalidReasons, ...broken]),
    };
  },
  toMeet(received: unknown, name: string) {
    const { record } = runOf(received);
    const objective = record.verdict.objectives.find((candidate) => candidate.name === name);
    const names = record.verdict.objectives.map((candidate) => candidate.name).join(', ');
    const found = objective ? describeObjective(objective) : `There is no objective "${name}"; there are: ${names}.`;
    return { pass: objective?.outcome === 'pass', message: () => withCommand(record, [found]) };
  },
  toRecoverWithin(received: unknown, limitMs: number) {
    const { record } = runOf(received);
    const times = record.verdict.objectives.flatMap(({ name, figures }) =>
      figures
        .filter((figure) => figure.name === 'recovery time' || figure.name === 'drain time')
        .map(({ value }) => ({ name, value })),
    );
    const said = times.map(({ name, value }) => `${name}: ${value === null ? 'not until the end' : `${value} ms`}`);
    const seen = said.length === 0 ? ['No objective of this scenario measures a recovery.'] : said;
    return {
      pass: times.length > 0 && times.every(({ value }) => value !== null && value <= limitMs),
      message: () => withCommand(record, [...seen, `limit: ${limitMs} ms`]),
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

function withCommand(record: RunRecord, lines: readonly string[]): string {
  return [...lines, `Run it again: ${record.run.command}`].join('\n');
}
