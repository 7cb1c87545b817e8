import { afterEach, expect, it, vi } from 'vitest';
import { noSkips } from '../../scripts/no-skips.ts';

const before = process.exitCode;
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
});

/** What the reporter says of a run with these skipped tests, and the exit code after it. */
function endOfRun(skipped: readonly string[]): { said: string; code: typeof process.exitCode } {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const tests = skipped.map((fullName) => ({ fullName }));
  const module = { relativeModuleId: 'a.test.ts', children: { allTests: () => tests } };
  for (const reporter of noSkips({ GAMEDAY_NO_SKIPS: '1' }))
    void reporter.onTestRunEnd?.([module] as never, [], 'passed');
  return { said: said.mock.calls.flat().join('\n'), code: process.exitCode };
}

it('fails a run of tests in which one was skipped, and names it', () => {
  const { said, code } = endOfRun(['opens the page']);
  expect(code).toBe(1);
  expect(said).toContain('a.test.ts: opens the page');
});

it('leaves a run alone that skipped what tries a program of others', () => {
  expect(endOfRun(['are served by curl, if it is installed, by name']).code).toBe(before);
});

it('leaves a run alone in which none was skipped, or where skipping is allowed', () => {
  expect(endOfRun([])).toEqual({ said: '', code: before });
  expect(noSkips({})).toEqual([]);
});
