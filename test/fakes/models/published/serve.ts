import { seededRandom, type Random } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import type { EngineSettings } from '../../../../fakes/models/engine-settings.ts';
import { GpuEngine, type EngineState } from '../../../../fakes/models/gpu-engine.ts';
import type { EngineResult } from '../../../../fakes/models/sequence.ts';
import { drawRequest, type RequestTokens } from './conversation-trace.ts';

/** What an engine made of an offered load. */
export interface Served {
  readonly state: EngineState;
  /** In the order of their ends. */
  readonly finished: readonly EngineResult[];
  readonly finishedPerSecond: number;
  /** Of every request that arrived; one that still waits counts with what it has waited so far. */
  readonly firstTokenMs: readonly number[];
  /** The share of the time in which a step was under way, after the first second. */
  readonly busyShare: number;
}

/** As long as the published points. */
export const servedMs = 240_000;

/** Poisson arrivals at an engine of their own: requests as those of the conversation trace, unless others are drawn. */
export async function serve(
  settings: EngineSettings,
  load: {
    readonly ratePerSecond: number;
    readonly seed?: number;
    /** Default `servedMs`. */
    readonly durationMs?: number;
    readonly draw?: (random: Random) => RequestTokens;
  },
): Promise<Served> {
  const { ratePerSecond, durationMs = servedMs, draw = drawRequest, seed = 1 } = load;
  const clock = new VirtualClock();
  const engine = new GpuEngine(settings, clock);
  const random = { gaps: seededRandom(seed).fork('gaps'), lengths: seededRandom(seed).fork('lengths') };
  const finished: EngineResult[] = [];
  const arrivedMs: number[] = [];
  const firstTokenMs: number[] = [];
  const submit = (): void => {
    const index = arrivedMs.push(clock.now()) - 1;
    engine.submit({
      ...{ kind: 'generate', ...draw(random.lengths), onEnd: (result) => finished.push(result) },
      onToken: (token) => {
        if (token === 0) firstTokenMs[index] = clock.now() - (arrivedMs[index] ?? NaN);
      },
    });
  };
  repeat(clock, () => random.gaps.exponential(ratePerSecond) * 1000, submit);
  const busy: number[] = [];
  repeat(
    clock,
    () => 1000,
    () => busy.push(engine.state().busyShare),
  );
  await clock.advance(durationMs);
  return {
    ...{ state: engine.state(), finished },
    finishedPerSecond: (finished.length * 1000) / durationMs,
    firstTokenMs: arrivedMs.map((fromMs, index) => firstTokenMs[index] ?? durationMs - fromMs),
    busyShare: busy.slice(1).reduce((sum, share) => sum + share, 0) / (busy.length - 1),
  };
}

/** So many callers, each of which sends its next request when the last one is answered. */
export async function serveCallers(
  settings: EngineSettings,
  load: RequestTokens & { readonly callers: number; readonly requests: number },
): Promise<{ readonly tokensPerSecond: number; readonly results: readonly EngineResult[] }> {
  const { callers, requests, promptTokens, outputTokens } = load;
  const clock = new VirtualClock();
  const engine = new GpuEngine(settings, clock);
  const results: EngineResult[] = [];
  const all = new Promise<void>((resolve) => {
    let sent = 0;
    const next = (): void => {
      if (sent++ >= requests) return;
      const onEnd = (result: EngineResult): void => {
        results.push(result);
        if (results.length === requests) resolve();
        next();
      };
      engine.submit({ kind: 'generate', promptTokens, outputTokens, onEnd });
    };
    for (let caller = 0; caller < callers; caller++) next();
  });
  await clock.run(all);
  return { tokensPerSecond: (requests * outputTokens * 1000) / clock.now(), results };
}

function repeat(clock: VirtualClock, gapMs: () => number, act: () => void): void {
  clock.setTimer(() => {
    act();
    repeat(clock, gapMs, act);
  }, gapMs());
}
