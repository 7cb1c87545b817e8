import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { differences } from './differences.ts';
import { ourCommand, realClock, realCommand, startBench, startSharedBench } from './support.ts';

// Most of it is waiting.
describe.concurrent('what is done otherwise than by Toxiproxy 2.12.0, on purpose', () => {
  it.each(differences)('$what: $ours', async ({ probe, seen, hurriedMs }) => {
    const clock: Clock = {
      ...realClock,
      setTimer: (callback, ms) => realClock.setTimer(callback, ms === hurriedMs ? 500 : ms),
    };
    await using bench = await startBench({ clock, metrics: { proxies: true, runtime: true } });
    expect(await probe(bench, ourCommand)).toEqual(seen.ours);
  });

  it('is what docs/proxy.md says, row by row', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'proxy.md'), 'utf8');
    const [, section = ''] = page.split('\n## Done otherwise on purpose\n');
    const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
    const [, , ...rows] = lines.map((line) => line.split('|').map((cell) => cell.trim()).slice(1, -1)); // prettier-ignore
    expect(rows).toEqual(differences.map(({ what, ours, theirs, why }) => [what, ours, theirs, why]));
  });
});

// `npm run test:toxiproxy` runs these against the real one, one after another: some of them end it, and take its machine's memory for that.
const real = realCommand;
if (real)
  describe('what Toxiproxy 2.12.0 does there', () => {
    it.each(differences)('$what: Toxiproxy: $theirs', { timeout: 60_000 }, async ({ probe, seen }) => {
      await using bench = await startSharedBench({ metrics: true, runtime: true });
      expect(await probe(bench, real)).toEqual(seen.theirs);
    });
  });
