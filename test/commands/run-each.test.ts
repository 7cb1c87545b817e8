import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runEach } from '../../harness/commands/run-each.ts';
import type { Terminal } from '../../harness/commands/terminal.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';

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
