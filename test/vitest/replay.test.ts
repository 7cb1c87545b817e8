import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventLogHash, simulate } from '../../harness/index.ts';
import { smallScenario } from '../run/small-world.ts';
import { racingTarget } from './racing-target.ts';

/** What a failed test said of its run. */
interface Failure {
  /** All that was said, up to the command. */
  readonly message: string;
  readonly hash: string;
  readonly command: string;
}

const folder = join(import.meta.dirname, 'project');
const limitMs = 120_000;

/** Runs a command line as a person in the project would. */
function inProject(command: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

function failuresIn(output: string): Failure[] {
  return [...output.matchAll(/^\w*Error: ([^]*?)^Event log: sha256 (\w+)\nRun it again: (.*)$/gm)].map(
    ([, message = '', hash = '', command = '']) => ({ message, hash, command }),
  );
}

describe('a failure in vitest', () => {
  let failures: Failure[];
  beforeAll(async () => {
    failures = failuresIn(await inProject('npx vitest run'));
  }, limitMs);

  it('names the command that runs that test alone', () => {
    expect(failures.map(({ command }) => command)).toEqual([
      "npx vitest run own.scenario.ts -t '^no-target passes with seed 1$'",
      "npx vitest run own.scenario.ts -t '^no-target passes with seed 11$'",
      String.raw`npx vitest run own.scenario.ts -t '^by hand doesn'\''t pass \(latency > 5 ms\?\)$'`,
      // A hook is of no test.
      'npx vitest run own.scenario.ts',
    ]);
  });

  it.each([
    { who: 'a test that a scenario declares', index: 0 },
    { who: 'a test that simulates by itself', index: 2 },
  ])(
    'comes again, with the same events, by the command that it names: $who',
    async ({ index }) => {
      const failure = failures[index];
      if (!failure) throw new Error('It did not fail.');
      const output = await inProject(failure.command);
      expect(failuresIn(output)).toEqual([failure]);
      expect(output).toContain('1 failed | 3 skipped');
    },
    limitMs,
  );

  it('is one of the target that the command line would take where no other is named', async () => {
    const run = await simulate(smallScenario, { target: racingTarget(), seed: 11 });
    expect(failures[1]?.message).toContain('no-target with seed 11: invalid');
    expect(failures[1]?.hash).toBe(eventLogHash(run));
  });
});
