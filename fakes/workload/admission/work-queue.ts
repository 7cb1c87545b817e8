import type { Clock, Timer } from '../../../harness/kit/clock.ts';
import { Failure } from '../failure.ts';
import { reasonOf } from '../work.ts';

/** A place that something in flight holds until it is done. Giving it back twice is fine. */
export interface Lease {
  release(): void;
}

export interface QueueRequest {
  /** What it takes of the capacity, in the capacity's own unit. */
  readonly weight: number;
  /** When waiting any longer makes no sense: epoch milliseconds. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

export interface WorkQueueSettings {
  readonly clock: Clock;
  /** More than so many do not wait. */
  readonly maxDepth: number;
  /** Whether one of this weight may begin, beside what is in flight. */
  readonly fits: (weight: number, inFlight: { readonly count: number; readonly weight: number }) => boolean;
  /** What those who are sent away are told. Seconds. */
  readonly retryAfterSeconds: number;
}

interface Entry {
  readonly request: QueueRequest;
  readonly sinceMs: number;
  readonly timer: Timer | null;
  readonly admit: (lease: Lease) => void;
  readonly refuse: (failure: Error) => void;
}

/** How much the pace of admission counts against what is known of it: a smooth average over about ten. */
const smoothing = 0.1;

/**
 * A bounded queue in front of something scarce, first come, first served. Who cannot be served in time is sent away at once rather than
 * after the wait, and who no longer waits leaves the queue.
 */
export class WorkQueue {
  readonly #settings: WorkQueueSettings;
  readonly #waiting: Entry[] = [];
  #count = 0;
  #weight = 0;
  #shed = 0;
  #pace: { lastMs: number; gapMs: number } | null = null;

  constructor(settings: WorkQueueSettings) {
    this.#settings = settings;
  }

  get depth(): number {
    return this.#waiting.length;
  }
  get inFlight(): number {
    return this.#count;
  }
  /** How many have been sent away. */
  get shed(): number {
    return this.#shed;
  }
  get full(): boolean {
    return this.#waiting.length >= this.#settings.maxDepth;
  }
  /** How long the first in the queue has waited. */
  get oldestMs(): number {
    const first = this.#waiting[0];
    return first ? this.#settings.clock.now() - first.sinceMs : 0;
  }

  /** Waits for a place. Throws a `Failure` `shed`, or the signal's reason. */
  enter(request: QueueRequest): Promise<Lease> {
    if (request.signal.aborted) return Promise.reject(reasonOf(request.signal));
    if (this.#waiting.length === 0 && this.#fits(request)) return Promise.resolve(this.#admit(request.weight));
    if (this.full) return Promise.reject(this.refusal('the queue is full'));
    if (this.#settings.clock.now() + this.#expectedWaitMs() > request.untilMs)
      return Promise.reject(this.refusal('it could not be served in time'));
    return new Promise((admit, refuse) => this.#wait(request, admit, refuse));
  }

  /** Lets in what fits now; to be called when the capacity has changed. */
  pump(): void {
    for (let first = this.#waiting[0]; first && this.#fits(first.request); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#notePace();
      first.timer?.cancel();
      first.admit(this.#admit(first.request.weight));
    }
  }

  /** What one who is sent away is told. */
  refusal(why: string): Failure {
    this.#shed++;
    const { retryAfterSeconds } = this.#settings;
    return new Failure('shed', `Too busy: ${why}. Please come back in ${retryAfterSeconds} s.`, { retryAfterSeconds });
  }

  #fits(request: QueueRequest): boolean {
    return this.#settings.fits(request.weight, { count: this.#count, weight: this.#weight });
  }

  #admit(weight: number): Lease {
    this.#count++;
    this.#weight += weight;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#count--;
        this.#weight -= weight;
        this.pump();
      },
    };
  }

  #wait(request: QueueRequest, admit: (lease: Lease) => void, refuse: (failure: Error) => void): void {
    const { clock } = this.#settings;
    const leave = (failure: () => Error): void => {
      const index = this.#waiting.indexOf(entry);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      entry.timer?.cancel();
      request.signal.removeEventListener('abort', onAbort);
      entry.refuse(failure());
      this.pump();
    };
    const onAbort = (): void => leave(() => reasonOf(request.signal));
    const timer = Number.isFinite(request.untilMs)
      ? clock.setTimer(() => leave(() => this.refusal('it was not served in time')), request.untilMs - clock.now())
      : null;
    const admitOnce = (lease: Lease): void => {
      request.signal.removeEventListener('abort', onAbort);
      admit(lease);
    };
    const entry: Entry = { request, sinceMs: clock.now(), timer, admit: admitOnce, refuse };
    request.signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(entry);
    if (this.#waiting.length === 1) this.#pace = { lastMs: clock.now(), gapMs: this.#pace?.gapMs ?? 0 };
  }

  #expectedWaitMs(): number {
    return this.#waiting.length * (this.#pace?.gapMs ?? 0);
  }

  #notePace(): void {
    const nowMs = this.#settings.clock.now();
    if (!this.#pace) return;
    const gapMs = this.#pace.gapMs + smoothing * (nowMs - this.#pace.lastMs - this.#pace.gapMs);
    this.#pace = { lastMs: nowMs, gapMs };
  }
}
