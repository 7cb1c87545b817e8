import type { Clock, Timer } from '../../harness/kit/clock.ts';
import { Batch } from './batch.ts';
import { blocksForOne, type EngineSettings } from './engine-settings.ts';
import { GpuLoad } from './gpu-load.ts';
import { newSequence, resultOf, type EngineResult, type EngineWork, type Sequence } from './sequence.ts';
import { stepTimeMs } from './step-time.ts';

/** What others may want to count. Called in the data path: be quick. */
export interface EngineObserver {
  /** A step begins. */
  step?(): void;
  preemption?(): void;
  /** A token appeared, so long after the one before it; null for the first. */
  token?(gapMs: number | null, sinceArrivalMs: number): void;
  ended?(result: EngineResult): void;
}

export type Submission =
  /** `abort` frees the sequence and its blocks at once; its `onEnd` hears `aborted`. Aborting what has ended does nothing. */
  | { readonly kind: 'accepted'; abort(): void }
  | { readonly kind: 'refused'; readonly reason: 'too long' | 'never fits' | 'queue full' | 'engine dead' };

export interface EngineState {
  readonly steps: number;
  readonly running: number;
  readonly waiting: number;
  readonly oldestWaitingMs: number | null;
  readonly kvBlocks: number;
  readonly kvBlocksUsed: number;
  readonly preemptions: number;
  readonly busyShare: number;
  readonly dead: boolean;
}

/** A timer may fire a rounding error before the moment it was set for. */
const toleranceMs = 1e-6;

/**
 * A model server's engine: continuous batching on a GPU that is a formula (`stepTimeMs`). Steps follow an absolute schedule: one begins
 * when the one before it was due to end, not when a timer got round to it, so that late timers cost no capacity. Without work it sets no
 * timer.
 */
export class GpuEngine {
  readonly settings: EngineSettings;
  readonly #clock: Clock;
  readonly #observers = new Set<EngineObserver>();
  readonly #batch: Batch;
  readonly #load: GpuLoad;
  #stepTimeFactor = 1;
  #dead = false;
  #arrivals = 0;
  #steps = 0;
  #preemptions = 0;
  #stepEndMs: number | null = null;
  #timer: Timer | null = null;
  #advancing = false;

  constructor(settings: EngineSettings, clock: Clock) {
    this.settings = settings;
    this.#clock = clock;
    this.#load = new GpuLoad(clock.now());
    this.#batch = new Batch(settings, {
      preempted: () => this.#onPreempted(),
      token: (sequence, atMs) => this.#onToken(sequence, atMs),
      finished: (sequence, atMs) => this.#end(sequence, 'finished', atMs),
    });
  }

  /** Adds an observer; the function returned removes it. */
  observe(observer: EngineObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  submit(work: EngineWork): Submission {
    this.#advance();
    const refused = this.#whyRefused(work);
    if (refused) return { kind: 'refused', reason: refused };
    const sequence = newSequence(work, this.#arrivals++, this.#clock.now());
    this.#batch.add(sequence);
    this.#wake();
    return { kind: 'accepted', abort: () => this.#abort(sequence) };
  }

  /** Blocks of the key-value cache that are there now. */
  get kvBlocks(): number {
    return this.#batch.cache.total;
  }

  /** Makes every step from the next one on take `factor` times as long; 1 is undisturbed. */
  slowDown(factor: number): void {
    this.#advance();
    this.#stepTimeFactor = factor;
  }

  /** Leaves only a share of the blocks of the key-value cache, now: what no longer fits is preempted, the last arrived first. */
  leaveBlocks(share: number): void {
    this.#advance();
    this.#batch.leaveBlocks(share);
    this.#wake();
  }

  /** The engine dies with everything in it, and stays dead until it is revived. Returns how many requests it took along. */
  die(): number {
    this.#advance();
    this.#dead = true;
    this.#rest();
    const victims = this.#batch.drain();
    for (const sequence of victims) this.#end(sequence, 'dead', this.#clock.now());
    return victims.length;
  }

  revive(): void {
    this.#dead = false;
  }

  state(): EngineState {
    this.#advance();
    const { cache } = this.#batch;
    return {
      steps: this.#steps,
      running: this.#batch.running,
      waiting: this.#batch.waiting,
      oldestWaitingMs: this.#sinceMs(this.#batch.oldestWaitingMs()),
      kvBlocks: cache.total,
      kvBlocksUsed: cache.used,
      preemptions: this.#preemptions,
      busyShare: this.#load.at(this.#clock.now()),
      dead: this.#dead,
    };
  }

  #whyRefused(work: EngineWork): Exclude<Submission, { kind: 'accepted' }>['reason'] | null {
    const tokens = work.promptTokens + work.outputTokens;
    const limit = this.settings.maxQueuedRequests;
    if (this.#dead) return 'engine dead';
    if (work.kind === 'generate' && tokens > this.settings.maxModelTokens) return 'too long';
    if (work.kind === 'generate' && this.#batch.cache.blocksFor(tokens) > blocksForOne(this.settings))
      return 'never fits';
    if (limit !== null && this.#batch.waiting >= limit && this.#isOccupied()) return 'queue full';
    return null;
  }

  /** An idle engine takes what comes into its next step; one that stands still because no memory is left does not. */
  #isOccupied(): boolean {
    return this.#stepEndMs !== null || this.#batch.waiting + this.#batch.running > 0;
  }

  #abort(sequence: Sequence): void {
    this.#advance();
    if (sequence.state === 'ended') return;
    this.#batch.remove(sequence);
    this.#end(sequence, 'aborted', this.#clock.now());
    this.#wake();
  }

  /** Begins a step if the engine is idle and there is something to do. */
  #wake(): void {
    if (this.#advancing || this.#dead || this.#stepEndMs !== null) return;
    this.#begin(this.#clock.now());
    this.#arm();
  }

  /** Ends every step that is due, however late this process is, each followed by the next on the schedule. Says whether there was one. */
  #advance(): boolean {
    if (this.#advancing) return false;
    this.#advancing = true;
    const dueMs = this.#clock.now() + toleranceMs;
    const before = this.#stepEndMs;
    while (this.#stepEndMs !== null && this.#stepEndMs <= dueMs) {
      const endMs: number = this.#stepEndMs;
      this.#batch.complete(endMs);
      this.#begin(endMs);
    }
    this.#advancing = false;
    if (this.#stepEndMs === before) return false;
    this.#arm();
    return true;
  }

  #begin(startMs: number): void {
    const step = this.#dead ? null : this.#batch.plan(startMs);
    if (!step) {
      this.#load.set(false, startMs);
      this.#stepEndMs = null;
      return;
    }
    if (this.#stepEndMs === null) this.#load.set(true, startMs);
    this.#stepEndMs = startMs + stepTimeMs(this.settings, step) * this.#stepTimeFactor;
    this.#steps++;
    for (const observer of this.#observers) observer.step?.();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stepEndMs === null) return;
    this.#timer = this.#clock.setTimer(() => this.#onTimer(), this.#stepEndMs - this.#clock.now());
  }

  #onTimer(): void {
    this.#timer = null;
    // The timer of a platform that counts whole milliseconds may come too early: then wait for the rest.
    if (!this.#advance()) this.#arm();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#load.set(false, this.#clock.now());
    this.#stepEndMs = null;
  }

  #onPreempted(): void {
    this.#preemptions++;
    for (const observer of this.#observers) observer.preemption?.();
  }

  #onToken(sequence: Sequence, atMs: number): void {
    const gapMs = sequence.lastTokenMs === null ? null : atMs - sequence.lastTokenMs;
    sequence.firstTokenMs ??= atMs;
    sequence.lastTokenMs = atMs;
    for (const observer of this.#observers) observer.token?.(gapMs, atMs - sequence.arrivedMs);
    sequence.work.onToken?.(sequence.generatedTokens - 1);
  }

  #end(sequence: Sequence, kind: EngineResult['kind'], atMs: number): void {
    const result = resultOf(sequence, kind, atMs);
    for (const observer of this.#observers) observer.ended?.(result);
    sequence.work.onEnd(result);
  }

  #sinceMs(arrivedMs: number | null): number | null {
    return arrivedMs === null ? null : this.#clock.now() - arrivedMs;
  }
}
