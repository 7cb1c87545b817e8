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

/** How far back admissions are counted, to tell how long a wait will be. */
const paceWindowMs = 2000;

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
  readonly #admittedMs: number[] = [];

  constructor(settings: WorkQueueSettings) {
    this.#settings = settings;
  }

  get depth(): number {
    return this.#waiting.length;
  }
  get inFlight(): { readonly count: number; readonly weight: number } {
    return { count: this.#count, weight: this.#weight };
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
    return this.#settings.fits(request.weight, this.inFlight);
  }

  #admit(weight: number): Lease {
    this.#count++;
    this.#weight += weight;
    this.#forgetOldAdmissions();
    this.#admittedMs.push(this.#settings.clock.now());
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
  }

  /** At the pace of late. Where nobody has got in of late, one is taken for it: with nobody waiting the wait is none all the same. */
  #expectedWaitMs(): number {
    this.#forgetOldAdmissions();
    return (this.#waiting.length * paceWindowMs) / Math.max(1, this.#admittedMs.length);
  }

  #forgetOldAdmissions(): void {
    const fromMs = this.#settings.clock.now() - paceWindowMs;
    const recent = this.#admittedMs.findIndex((atMs) => atMs > fromMs);
    this.#admittedMs.splice(0, recent < 0 ? this.#admittedMs.length : recent);
  }
}
