import type { Clock } from '../../../harness/kit/clock.ts';

/** How many batches may be at the model server, so that questions stay fast. */
export interface BatchLimit {
  readonly limit: number;
  fits(inFlight: number): boolean;
  /** A question waits for its first token from now on. The function returned says that the wait is over. */
  questionWaits(): () => void;
  /** Looks at how fast questions were answered, and gives batch work more room or less. */
  adjust(use: BatchUse): void;
}

export interface BatchUse {
  readonly inFlight: number;
  readonly waiting: number;
  /** How full the room for questions is, from 0 to 1. */
  readonly questionRoom: number;
}

export interface BatchLimitSettings {
  readonly most: number;
  readonly firstTokenTargetMs: number;
}

const windowMs = 1000;
/** Questions that are answered more slowly fill more of their room: with so much of it taken, batch work gives way before they queue. */
const fullRoom = 0.75;
/** What has been taken away shows in the answers only after a while. */
const settleMs = 500;
/** With no room at all, one batch now and then, to see whether there is room again and so that batch work never stands quite still. */
const probeEveryMs = 2000;

/**
 * Additive increase, multiplicative decrease, steered by the time to first token of the questions: batch work takes what they leave. A
 * question that still waits counts with its age, otherwise a model server that answers nobody would look like one with nothing to do.
 */
export function createBatchLimit(settings: BatchLimitSettings, clock: Clock): BatchLimit {
  let limit = Math.min(2, settings.most);
  let decreasedMs = -Infinity;
  let probedMs = clock.now();
  let answered: { atMs: number; tookMs: number }[] = [];
  const waitingSince = new Set<{ readonly sinceMs: number }>();

  const slowest = (): number => {
    const nowMs = clock.now();
    answered = answered.filter((answer) => answer.atMs > nowMs - windowMs);
    const times = [
      ...answered.map((answer) => answer.tookMs),
      ...[...waitingSince].map((wait) => nowMs - wait.sinceMs),
    ];
    times.sort((left, right) => left - right);
    return times[Math.floor(0.9 * times.length)] ?? 0;
  };

  return {
    get limit() {
      return limit;
    },
    fits: (inFlight) => {
      if (inFlight < limit) return true;
      if (limit > 0 || inFlight > 0 || clock.now() < probedMs + probeEveryMs) return false;
      probedMs = clock.now();
      return true;
    },
    questionWaits: () => {
      const wait = { sinceMs: clock.now() };
      waitingSince.add(wait);
      return () => {
        if (waitingSince.delete(wait)) answered.push({ atMs: clock.now(), tookMs: clock.now() - wait.sinceMs });
      };
    },
    adjust: ({ inFlight, waiting, questionRoom }) => {
      const slowestMs = slowest();
      if (slowestMs > settings.firstTokenTargetMs || questionRoom > fullRoom) {
        if (clock.now() < decreasedMs + settleMs) return;
        decreasedMs = clock.now();
        if (limit > 0) probedMs = clock.now();
        // Far too slow is no time for half measures.
        limit = slowestMs > 2 * settings.firstTokenTargetMs ? 0 : Math.floor(limit / 2);
      } else if (
        slowestMs < 0.6 * settings.firstTokenTargetMs &&
        questionRoom < 0.8 * fullRoom &&
        (waiting > 0 || inFlight >= limit)
      ) {
        limit = Math.min(settings.most, limit + 1);
      }
    },
  };
}
