import type { EngineSettings } from '../../../../fakes/models/engine-settings.ts';
import { quantile } from '../drive-engine.ts';
import { serve, servedMs } from './serve.ts';

/** Between what the published points say below saturation (3.4 s at most) and beyond it (14 s at least). */
const brokenFirstTokenMs = 5000;
const seeds = [1, 2];
const farTooManyPerSecond = 40;
const fullFromMs = 60_000;
/** The knee is found to about this share of itself. */
const precision = 0.02;

/**
 * Raises the rate of the conversation trace until the engine breaks, and gives the highest rate at which it held: one in a hundred first
 * tokens came after 5 s at most. It starts at one request per second whatever is published, so that no figure leads to itself.
 */
export async function findKnee(settings: EngineSettings): Promise<number> {
  let holds = 0;
  let breaks = 1;
  while (await isHeld(settings, breaks)) {
    holds = breaks;
    breaks *= 1.3;
  }
  while (breaks - holds > precision * breaks) {
    const middle = (holds + breaks) / 2;
    if (await isHeld(settings, middle)) holds = middle;
    else breaks = middle;
  }
  return holds;
}

async function isHeld(settings: EngineSettings, ratePerSecond: number): Promise<boolean> {
  return quantile(await firstTokensMs(settings, ratePerSecond, seeds), 0.99) <= brokenFirstTokenMs;
}

/** What the engine gets done per second once far more has come than it can do. */
export async function saturation(settings: EngineSettings): Promise<number> {
  const runs = await Promise.all(seeds.map((seed) => serve(settings, { ratePerSecond: farTooManyPerSecond, seed })));
  const sinceFull = runs.flatMap((run) => run.finished.filter(({ endedMs }) => endedMs >= fullFromMs));
  return (sinceFull.length * 1000) / ((servedMs - fullFromMs) * runs.length);
}

/** The times to the first token under several seeds, together: one run of 240 s has too few for a 99th percentile. */
export async function firstTokensMs(
  settings: EngineSettings,
  ratePerSecond: number,
  ofSeeds: readonly number[],
): Promise<readonly number[]> {
  const runs = await Promise.all(ofSeeds.map((seed) => serve(settings, { ratePerSecond, seed })));
  return runs.flatMap((run) => run.firstTokenMs);
}
