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
    if (this.isNot && !held && outcome !== 'fail')
      throw new Error(withCommand(run, [`${name}: ${outcome}: it has neither passed nor failed.`, ...invalidReasons]));
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
    if (!objective) {
      const names = record.verdict.objectives.map((candidate) => candidate.name);
      throw new Error(`There is no objective "${name}". There are: ${names.join(', ')}.`);
    }
    const found = describeObjective(objective);
    const { outcome } = objective;
    // What is not decided is no ground for either.
    if (this.isNot && outcome !== 'pass' && outcome !== 'fail') throw new Error(withCommand(run, [found]));
    return { pass: outcome === 'pass', message: () => withCommand(run, [found]) };
  },
  toRecoverWithin(received: unknown, limitMs: number) {
    const run = runOf(received);
    const { record } = run;
    if (typeof limitMs !== 'number' || !(limitMs >= 0))
      throw new TypeError(
        `The limit of toRecoverWithin is a number of milliseconds from 0 on, and is ${String(limitMs)}.`,
      );
    const times = record.verdict.objectives.flatMap(({ name, figures, outcome }) =>
      figures
        .filter((figure) => figure.name === 'recovery time' || figure.name === 'drain time')
        .map(({ value }) => ({ name, value, isDecided: outcome === 'pass' || outcome === 'fail' })),
    );
    // What was not measured, or in an experiment that did not hold, is no ground for either.
    const isSure =
      times.length > 0 && times.every(({ isDecided }) => isDecided) && record.verdict.outcome !== 'invalid';
    const said = times.map(({ name, value }) => `${name}: ${value === null ? 'not until the end' : `${value} ms`}`);
    const seen = said.length === 0 ? ['No objective of this scenario measures a recovery.'] : said;
    if (this.isNot && !isSure) throw new Error(withCommand(run, [...seen, 'That is not decided.']));
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
