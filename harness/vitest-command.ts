import { relative } from 'node:path';
import type * as Vitest from 'vitest';
import { shellWord } from './kit/shell-word.ts';

/** What is used of vitest. Before 4.1 it has no `TestRunner`. */
type Used = Pick<typeof Vitest, 'expect'> & Partial<Pick<typeof Vitest, 'TestRunner'>>;
type Test = Vitest.RunnerTestCase;

/**
 * The command that repeats what vitest is running in this process: one test, or, in a hook outside of the tests, one file. Null where vitest
 * runs nothing. It is for vitest's own config file: another one has to be named again, since a test cannot know which one that was.
 */
export async function vitestCommand(): Promise<string | null> {
  // vitest is not loaded where it does not run, and need not be installed there.
  if (process.env['VITEST'] === undefined) return null;
  try {
    return commandOf(await import('vitest'));
  } catch {
    // A child of vitest's process inherits the variable, and there vitest has no state.
    return null;
  }
}

function commandOf({ expect, TestRunner }: Used): string | null {
  const { testPath, currentTestName = '' } = expect.getState();
  if (testPath === undefined) return null;
  // This name outlives its test, and its parts are not put together as in a pattern, so it is second best.
  if (TestRunner === undefined) return commandFor(testPath, currentTestName.replaceAll(' > ', ' '));
  const test = TestRunner.getCurrentTest<Test | undefined>();
  return commandFor(testPath, test === undefined ? '' : fullName(test));
}

/** As vitest holds it against `-t`. */
function fullName({ name, suite }: Pick<Test, 'name' | 'suite'>): string {
  return suite === undefined ? name : `${fullName(suite)} ${name}`;
}

/** From its begin to its end, since the name of a test may be a part of another's: seed 1 and seed 10. */
function commandFor(file: string, name: string): string {
  const pattern = name === '' ? '' : ` -t ${shellWord(`^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`)}`;
  return `npx vitest run ${shellWord(relative(process.cwd(), file))}${pattern}`;
}
