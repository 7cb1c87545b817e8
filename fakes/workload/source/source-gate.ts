import type { Clock, Timer } from '../../../harness/kit/clock.ts';
import type { Random } from '../../../harness/kit/random.ts';
import { reasonOf } from '../work.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { createRateLearner } from './rate-learner.ts';
import { createSourceBreaker } from './source-breaker.ts';
import { SourceFailure } from './source-failure.ts';

/** One attempt that wants to be made. */
export interface Attempt {
  /** From 1. Those that have begun go before those that have not. */
  readonly number: number;
  /** Its own backoff ends then: epoch milliseconds. */
  readonly notBeforeMs: number;
}

export interface SourceGateSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: RetryPolicy;
  /** Requests at a time, at most. */
  readonly parallelism: number;
  /** Aborted when the workload stops: nobody waits any longer. */
  readonly stopped: AbortSignal;
}

interface Waiting {
  readonly attempt: Attempt;
  readonly go: () => void;
  readonly giveUp: (cause: Error) => void;
}

/** A late timer may catch up on so much of the pace. */
const catchUpMs = 50;
/** Weight of the newest latency in the average. */
const smoothing = 0.2;

/**
 * Every request to one source passes here: a pace that is learnt from what the source refuses, a pause of everything when it asks for
 * one, a single request to try afterwards, and a circuit breaker for when it is down. Only as many requests are under way as the pace
 * needs (Little's law), so that hardly any is on its way when the source asks for a pause.
 */
export class SourceGate {
  readonly #settings: SourceGateSettings;
  readonly #learner;
  readonly #breaker;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #latencyMs = 20;
  #nextMs = 0;
  #pause = { fromMs: -Infinity, untilMs: -Infinity, inARow: 0, trying: false };
  #wake: Timer | null = null;

  constructor(settings: SourceGateSettings) {
    this.#settings = settings;
    const { clock, policy } = settings;
    this.#learner = createRateLearner(clock.now());
    this.#breaker = createSourceBreaker({
      clock,
      backoff: policy.backoff,
      onClosed: () => this.#learner.recovered(clock.now()),
    });
    settings.stopped.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** Whether the source does what it is asked: no pause, no outage, nothing that is just being tried. */
  get calm(): boolean {
    return this.#breaker.closed && !this.#pause.trying && this.#settings.clock.now() >= this.#pause.untilMs;
  }

  get figures(): { readonly ratePerSecond: number; readonly inFlight: number; readonly waiting: number } {
    return { ratePerSecond: this.#learner.ratePerSecond, inFlight: this.#inFlight, waiting: this.#waiting.length };
  }

  /** Whether the next request is a trial after an outage: those are paced by the breaker, not by the retry budget. */
  get tryingAfterOutage(): boolean {
    return !this.#breaker.closed;
  }

  /** Waits for its turn and makes the attempt. Throws what `send` throws. */
  async attempt<T>(attempt: Attempt, send: () => Promise<T>): Promise<T> {
    this.#settings.stopped.throwIfAborted();
    await new Promise<void>((go, giveUp) => {
      this.#waiting.push({ attempt, go, giveUp });
      this.#pump();
    });
    const sentMs = this.#settings.clock.now();
    try {
      const result = await this.#breaker.execute(send);
      this.#onSuccess(sentMs);
      return result;
    } catch (cause) {
      if (cause instanceof SourceFailure && cause.problem.kind === 'throttled')
        this.#onRefused(attempt, cause.problem.retryAfterMs);
      throw cause;
    } finally {
      this.#inFlight--;
      this.#pump();
    }
  }

  #stop(): void {
    this.#wake?.cancel();
    for (const { giveUp } of this.#waiting.splice(0)) giveUp(reasonOf(this.#settings.stopped));
  }

  #pump(): void {
    this.#wake?.cancel();
    this.#wake = null;
    const { clock } = this.#settings;
    while (this.#waiting.length > 0 && this.#inFlight < this.#room()) {
      const nowMs = clock.now();
      const gapMs = 1000 / this.#learner.ratePerSecond;
      this.#nextMs = Math.min(this.#nextMs, nowMs + gapMs);
      const next = this.#takeNext(nowMs);
      if (typeof next === 'number') {
        this.#wake = clock.setTimer(() => this.#pump(), next - nowMs);
        return;
      }
      this.#nextMs = Math.max(this.#nextMs, nowMs - catchUpMs) + gapMs;
      this.#inFlight++;
      next.go();
    }
  }

  /** The one to go now, taken out; or when to look again. Of those that may go, the one with most attempts behind it goes first. */
  #takeNext(nowMs: number): Waiting | number {
    const ready = this.#waiting.filter(({ attempt }) => this.#mayGoMs(attempt) <= nowMs);
    if (ready.length === 0) return Math.min(...this.#waiting.map(({ attempt }) => this.#mayGoMs(attempt)));
    const next = ready.reduce((best, other) => (other.attempt.number > best.attempt.number ? other : best));
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    return next;
  }

  /** When an attempt may be made: after its own backoff, the pause that the source asked for, and the outage, and in step with the pace. */
  #mayGoMs(attempt: Attempt): number {
    const paceMs = attempt.number > 1 && !this.#settings.policy.keepsPace ? 0 : this.#nextMs;
    const openMs = this.#breaker.closed ? 0 : this.#breaker.openUntilMs;
    return Math.max(attempt.notBeforeMs, paceMs, this.#pause.untilMs, openMs);
  }

  #room(): number {
    if (this.#pause.trying || !this.#breaker.closed) return 1;
    const needed = Math.ceil((1.5 * this.#learner.ratePerSecond * this.#latencyMs) / 1000);
    return Math.max(1, Math.min(this.#settings.parallelism, needed));
  }

  #onSuccess(sentMs: number): void {
    const nowMs = this.#settings.clock.now();
    this.#latencyMs += smoothing * (nowMs - sentMs - this.#latencyMs);
    this.#learner.succeeded(nowMs, this.#waiting.length > 0);
    // One that was under way when the pause began says nothing about what comes after it.
    if (sentMs >= this.#pause.fromMs) this.#pause = { ...this.#pause, inARow: 0, trying: false };
  }

  #onRefused(attempt: Attempt, retryAfterMs: number | null): void {
    const { clock, policy, random } = this.#settings;
    const nowMs = clock.now();
    const paused = nowMs < this.#pause.untilMs;
    if (!paused) this.#learner.refused(nowMs);
    const inARow = this.#pause.inARow + (paused ? 0 : 1);
    // A little later than asked for, and not on the dot with everybody else who was told the same.
    const waitMs =
      retryAfterMs === null
        ? policy.backoff(Math.max(inARow, attempt.number) + 1)
        : retryAfterMs + 20 + 200 * random.next();
    const untilMs = Math.max(this.#pause.untilMs, nowMs + waitMs);
    this.#pause = { fromMs: paused ? this.#pause.fromMs : nowMs, untilMs, inARow, trying: true };
  }
}
