import type { Reporter } from 'vitest/reporters';

/** In the name of a test that tries a program of others beside what has to be there anyway. */
const optional = ', if it is installed';

/**
 * With `GAMEDAY_NO_SKIPS=1`, as in `.ci/run`, a run of tests fails in which any test was skipped, and names each; otherwise nothing. Tests
 * that try a program of others may be skipped where it is not installed.
 */
export function noSkips(environment: NodeJS.ProcessEnv): Reporter[] {
  if (environment['GAMEDAY_NO_SKIPS'] !== '1') return [];
  return [
    {
      onTestRunEnd: (modules) => {
        const skipped = modules.flatMap((module) =>
          [...module.children.allTests('skipped')]
            .filter(({ fullName }) => !fullName.includes(optional))
            .map((test) => `${module.relativeModuleId}: ${test.fullName}`),
        );
        if (skipped.length === 0) return;
        console.error(['Skipped, although GAMEDAY_NO_SKIPS=1:', ...skipped.map((name) => `  - ${name}`)].join('\n'));
        process.exitCode = 1;
      },
    },
  ];
}
