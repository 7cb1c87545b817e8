import { setTimeout as pause } from 'node:timers/promises';
import { config } from '../../gameday.config.ts';
import { simulate, type Scenario } from '../../harness/index.ts';
import type { Figure } from './figure.ts';
import { scaledScenario } from './scaled-scenario.ts';

const megabyte = 2 ** 20;
/** Fewer runs than this warm up: code is compiled, caches fill. */
const warmUpShare = 0.2;

/** What the process holds now. The heap is looked at after its garbage is gone. */
export async function memoryFigures(): Promise<readonly Figure[]> {
  return [
    { name: 'heap at the end', value: (await heapBytes()) / megabyte, unit: 'MiB' },
    { name: 'resident at the end', value: process.memoryUsage().rss / megabyte, unit: 'MiB' },
  ];
}

/**
 * Many short runs in one process, each with another seed, and what the heap holds after every tenth. The verdict is the slope of a straight
 * line through what is left when the first fifth is taken as a warm-up.
 */
export async function measureMemory(
  scenario: Scenario,
  { runs, say }: { readonly runs: number; readonly say: (line: string) => void },
): Promise<readonly Figure[]> {
  const short = scaledScenario(scenario, { questionsPerSecond: 10, mostQuestions: 60 });
  const points: { run: number; bytes: number }[] = [];
  const began = performance.now();
  for (let run = 1; run <= runs; run++) {
    await simulate(short, { target: config, seed: run });
    if (run % 10 > 0) continue;
    const bytes = await heapBytes();
    points.push({ run, bytes });
    say(`  run ${run}: ${(bytes / megabyte).toFixed(1)} MiB of heap`);
  }
  const steady = points.filter((point) => point.run > runs * warmUpShare);
  const first = steady[0]?.bytes ?? NaN;
  return [
    { name: 'runs', value: runs, unit: '' },
    { name: 'runs per second', value: (runs * 1000) / (performance.now() - began), unit: '/s' },
    { name: 'heap after the warm-up', value: first / megabyte, unit: 'MiB' },
    // A tenth of a kilobyte more or less is how a heap breathes; a leak of one run's record would be a hundred times this.
    { name: 'growth of the heap', value: slopeOf(steady) / 1024, unit: 'KiB per run', bar: { atMost: 10 } },
    ...(await memoryFigures()),
  ];
}

async function heapBytes(): Promise<number> {
  // What the platform does about a thing that was collected comes a turn later, and lets go of more: requests have such finalizers.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await pause(5);
  }
  return process.memoryUsage().heapUsed;
}

/** Of the straight line with the least squares. Bytes per run. */
function slopeOf(points: readonly { readonly run: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [run, bytes] = [mean(points.map((point) => point.run)), mean(points.map((point) => point.bytes))];
  const along = points.reduce((sum, point) => sum + (point.run - run) * (point.bytes - bytes), 0);
  return along / points.reduce((sum, point) => sum + (point.run - run) ** 2, 0);
}
