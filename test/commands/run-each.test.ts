import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runEach } from '../../harness/commands/run-each.ts';
import type { Terminal } from '../../harness/commands/terminal.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';
import { exampleRun } from '../reports/example-run.ts';

it('writes a skipped scenario, with the reason, into JUnit and Markdown, and counts it as no pass', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-skipped-'));
  const quiet = (): void => undefined;
  const terminal: Terminal = { isTerminal: false, color: false, print: quiet, say: quiet, transient: quiet };
  const code = await runEach([sourceThrottling], {
    ...{ chosen: ['console', 'junit', 'markdown', 'html'], terminal, signal: new AbortController().signal },
    ...{ runsFolder: folder, clock: new VirtualClock() },
    run: () =>
      Promise.resolve({ kind: 'skipped', scenario: 'source-throttling', reason: 'svc <1> offers no operation follow' }),
  });
  expect(code).toBe(2);
  const [name = ''] = await readdir(folder);
  expect(name).toMatch(/-source-throttling$/);
  const junit = await readFile(join(folder, name, 'junit.xml'), 'utf8');
  expect(junit).toContain('tests="1" failures="0" errors="0" skipped="1"');
  expect(junit).toContain('<skipped message="svc &lt;1&gt; offers no operation follow"/>');
  expect(await readFile(join(folder, name, 'summary.md'), 'utf8')).toContain(
    'SKIPPED**: svc &lt;1&gt; offers no operation follow',
  );
  await rm(folder, { recursive: true });
});

it('is no pass when it was interrupted between scenarios, and names what was not run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-interrupted-'));
  const stopping = new AbortController();
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const print = (text: string): number => printed.push(text);
  const terminal: Terminal = { isTerminal: false, color: false, print, say: quiet, transient: quiet };
  const passing = exampleRun('passing');
  const code = await runEach([sourceThrottling, { ...sourceThrottling, name: 'the-second' }], {
    ...{ chosen: ['console'], terminal, signal: stopping.signal, runsFolder: folder, clock: new VirtualClock() },
    run: () => {
      stopping.abort(new Error('SIGTERM'));
      return Promise.resolve({ kind: 'judged', run: { ...passing, folder } });
    },
  });
  expect(code).toBe(2);
  expect(printed.join('\n')).toMatch(/the-second.*not run: interrupted/);
  await rm(folder, { recursive: true });
});
