import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { differences } from './differences.ts';
import { ourCommand, realClock, realCommand, startBench, startSharedBench, type Bench } from './support.ts';

let bench: Bench | undefined;
afterEach(() => bench?.cleanup.stop());

describe('what is done otherwise than by Toxiproxy 2.12.0, on purpose', () => {
  it.each(differences)('$what: $ours', async ({ probe, seen, hurriedMs }) => {
    const clock: Clock = {
      ...realClock,
      setTimer: (callback, ms) => realClock.setTimer(callback, ms === hurriedMs ? 500 : ms),
    };
    bench = await startBench({ clock, metrics: { proxies: true, runtime: true } });
    expect(await probe(bench, ourCommand)).toEqual(seen.ours);
  });

  // `npm run test:toxiproxy` runs these against the real one.
  const real = realCommand;
  if (real)
    it.each(differences)('$what: Toxiproxy: $theirs', { timeout: 60_000 }, async ({ probe, seen }) => {
      bench = await startSharedBench({ metrics: true, runtime: true });
      expect(await probe(bench, real)).toEqual(seen.theirs);
    });

  it('is what docs/proxy.md says, row by row', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'proxy.md'), 'utf8');
    const [, section = ''] = page.split('\n## Done otherwise on purpose\n');
    const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
    const [, , ...rows] = lines.map((line) => line.split('|').map((cell) => cell.trim()).slice(1, -1)); // prettier-ignore
    expect(rows).toEqual(differences.map(({ what, ours, theirs, why }) => [what, ours, theirs, why]));
  });
});
