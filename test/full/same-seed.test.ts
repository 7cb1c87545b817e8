import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJobs } from '../../harness/commands/run-jobs.ts';
import { systemClock } from '../../harness/kit/clock.ts';
import { underLoad } from '../../scripts/under-load.ts';
import { gameday } from '../table/run-gameday.ts';

/** A quarter of the questions will do. */
const rate = 0.25;

/** One sound workload and one with a defect; `npm run calibrate -- --twice` does it with every seed. */
const cells: readonly { scenario: string; defect: string; seed: number }[] = [
  { scenario: 'source-throttling', defect: 'none', seed: 7 },
  { scenario: 'gpu-saturation', defect: 'B4', seed: 8 },
];

describe('the same seed has the same event log in two processes, one of them on a busy machine elsewhere in the world', () => {
  it.each(cells)('$scenario, defect $defect, seed $seed', async (cell) => {
    const quiet = await hashOfRun(cell, {});
    const busy = await underLoad(() =>
      hashOfRun(cell, {
        // Far from Greenwich by no whole hour, with its own letters and digits, and a heap that is cleared at other moments.
        ...{ TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
        NODE_OPTIONS: '--max-semi-space-size=1',
      }),
    );
    expect(busy).toBe(quiet);
  });

  it('and in one that has run another seed before', async () => {
    const [sound] = cells;
    if (!sound) throw new Error('There is no cell.');
    const out = await mkdtemp(join(tmpdir(), 'gameday-seed-'));
    const hashes: (string | null)[] = [];
    await runJobs(
      [3, sound.seed].map((seed) => ({ scenario: sound.scenario, defect: null, seed })),
      {
        ...{ jobs: 1, flags: { pace: 'quick', world: 'simulated', rate, out }, notes: [], kept: 'none' },
        ...{ clock: systemClock(), signal: new AbortController().signal },
        onResult: ({ hash }, index) => (hashes[index] = hash),
      },
    );
    await rm(out, { recursive: true, force: true });
    expect(hashes[1]).toBe(await hashOfRun(sound, {}));
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it('has another one with another seed', async () => {
    const [one] = cells;
    if (!one) throw new Error('There is no cell.');
    expect(await hashOfRun({ ...one, seed: 9 }, {})).not.toBe(await hashOfRun(one, {}));
  });
});

/** The SHA-256 of the event log of a run in a folder of its own, as the command line prints it. */
async function hashOfRun(
  { scenario, defect: id, seed }: (typeof cells)[number],
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-seed-'));
  try {
    const { output } = await gameday(
      [
        ...[
          'run',
          scenario,
          '--world',
          'simulated',
          '--seed',
          String(seed),
          '--rate',
          String(rate),
          '--reporter',
          'json',
        ],
        ...['--out', join(folder, 'runs')],
        ...(id === 'none' ? [] : ['--defect', id]),
      ],
      { folder, variables },
    );
    const [, hash] = /event log: sha256 ([0-9a-f]{64})/.exec(output) ?? [];
    if (hash === undefined) throw new Error(`The run printed no hash:\n${output}`);
    return hash;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
