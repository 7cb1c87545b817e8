/** What rate a source that does not tell its quota can bear, learnt from what it refuses. */
export interface RateLearner {
  /** Requests per second. */
  readonly ratePerSecond: number;
  /** A request went through. `pressed`: more were waiting, so that the rate was what held them back. */
  succeeded(nowMs: number, pressed: boolean): void;
  /** The source refused a request for haste. To be called once per pause. */
  refused(nowMs: number): void;
  /** The source is back after an outage: what was learnt of its quota before may be wrong. */
  recovered(nowMs: number): void;
}

const firstRate = 10;
const lowestRate = 0.5;
const highestRate = 200;
/** How long the rate stays after a pause before more is asked for. */
const holdMs = 2000;
/** In which time the rate doubles; shorter after an outage, when a backlog waits. */
const doublingMs = 1000;
const doublingAfterOutageMs = 500;
/** Above so many times the best throughput ever seen, the rate grows by a tenth per second only. */
const provenFactor = 1.5;
const carefulGrowth = 1.1;
/** Throughput counts when it was kept up for so long: a shorter burst may come out of what a bucket had saved up. */
const sustainedMs = 3000;

interface Growth {
  fromMs: number;
  readonly doublingMs: number;
  /** Rates above this grow slowly. Fixed when the growth begins: what it reaches must not carry it further. */
  readonly carefulFrom: number;
}

/**
 * Between two refusals a token bucket went from empty to empty: what got through, divided by the time, is its quota. So a refusal sets
 * the rate a little below that; the first, with nothing to compare with, halves it. After a hold the rate doubles every second, and
 * beyond one and a half times the best throughput ever seen it grows by a tenth (slow start and its threshold, as TCP has them). It grows only under
 * pressure: a client that asks for little proves nothing.
 */
export function createRateLearner(nowMs: number): RateLearner {
  let rate = firstRate;
  let growth: Growth | null = { fromMs: nowMs, doublingMs, carefulFrom: 2 * firstRate };
  let refusal: { atMs: number; succeeded: number } | null = null;
  const throughput = createThroughput();
  const growFrom = (fromMs: number, doubling: number): Growth => ({
    fromMs,
    doublingMs: doubling,
    carefulFrom: Math.max(2 * firstRate, provenFactor * throughput.bestPerSecond),
  });

  const grow = (atMs: number): void => {
    if (!growth) return;
    const elapsedSeconds = Math.min(1000, atMs - growth.fromMs) / 1000;
    if (elapsedSeconds <= 0) return;
    const factor = rate >= growth.carefulFrom ? carefulGrowth : 2 ** (1000 / growth.doublingMs);
    rate = Math.min(highestRate, rate * factor ** elapsedSeconds);
  };

  return {
    get ratePerSecond() {
      return rate;
    },
    succeeded: (atMs, pressed) => {
      throughput.count(atMs);
      if (refusal) refusal.succeeded++;
      growth ??= growFrom(atMs + holdMs, doublingMs);
      if (pressed) grow(atMs);
      if (atMs > growth.fromMs) growth.fromMs = atMs;
    },
    refused: (atMs) => {
      const seconds = refusal ? (atMs - refusal.atMs) / 1000 : 0;
      const learnt = refusal && seconds >= 1 && refusal.succeeded > 0 ? refusal.succeeded / seconds : null;
      rate = Math.max(lowestRate, Math.min(rate, learnt === null ? 0.5 * rate : 0.9 * learnt));
      refusal = { atMs, succeeded: 0 };
      growth = null;
    },
    recovered: (atMs) => {
      growth = growFrom(atMs, doublingAfterOutageMs);
      refusal = null;
    },
  };
}

/** The most requests that got through in a stretch of `sustainedMs`, per second. */
function createThroughput(): { count(nowMs: number): void; readonly bestPerSecond: number } {
  let best = 0;
  let recent: number[] = [];
  return {
    count: (nowMs) => {
      recent = [...recent.filter((atMs) => atMs > nowMs - sustainedMs), nowMs];
      best = Math.max(best, recent.length);
    },
    get bestPerSecond() {
      return (best * 1000) / sustainedMs;
    },
  };
}
