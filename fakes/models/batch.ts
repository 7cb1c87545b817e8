import type { EngineSettings } from './engine-settings.ts';
import { KvCache } from './kv-cache.ts';
import { isBefore, isDecoding, type Sequence } from './sequence.ts';
import type { StepLoad } from './step-time.ts';
import { WaitingLine } from './waiting-line.ts';

/** What the batch tells of its own accord. */
export interface BatchEvents {
  /** A sequence lost its blocks and goes back to the line. */
  preempted(): void;
  token(sequence: Sequence, atMs: number): void;
  finished(sequence: Sequence, atMs: number): void;
}

/**
 * The scheduler, after vLLM: which sequences are in a step and with how many tokens. Decodes first, then prompts that were begun, then
 * those that wait, up to the token budget; a prompt comes in only when blocks for all of it are free; when a decode finds no block, the
 * sequence that arrived last gives up its own and is computed again from the start. It knows nothing of time but what it is told.
 */
export class Batch {
  readonly #settings: EngineSettings;
  readonly #events: BatchEvents;
  readonly #running: Sequence[] = [];
  // Embeddings have a line of their own, since a full cache is no reason for them to wait.
  readonly #generating = new WaitingLine();
  readonly #embedding = new WaitingLine();
  readonly cache: KvCache;
  readonly #step = { tokens: 0, sequences: 0, contextTokens: 0 };
  // While the running are gone through, those that leave are only marked.
  #iterating = false;

  constructor(settings: EngineSettings, events: BatchEvents) {
    this.#settings = settings;
    this.#events = events;
    this.cache = new KvCache(settings);
  }

  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#generating.length + this.#embedding.length;
  }

  oldestWaitingMs(): number | null {
    const arrivals = [this.#generating.oldestArrivalMs(), this.#embedding.oldestArrivalMs()];
    const known = arrivals.filter((arrival) => arrival !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  add(sequence: Sequence): void {
    this.#lineOf(sequence).add(sequence);
  }

  /** Takes a sequence out at once, with its blocks. */
  remove(sequence: Sequence): void {
    if (sequence.state === 'waiting') this.#lineOf(sequence).remove(sequence);
    else if (sequence.state === 'running') this.#leave(sequence, 'ended');
    sequence.state = 'ended';
    this.#sweep();
  }

  /** Takes everything out. */
  drain(): Sequence[] {
    const all = [...this.#running, ...this.#generating.drain(), ...this.#embedding.drain()];
    for (const sequence of all) if (sequence.state === 'running') this.#leave(sequence, 'ended');
    for (const sequence of all) sequence.state = 'ended';
    this.#sweep();
    return all.sort((left, right) => left.number - right.number);
  }

  /** Leaves only a share of the blocks; sequences that no longer fit are preempted, the last arrived first. */
  leaveBlocks(share: number): void {
    this.cache.leaveShare(share);
    while (this.cache.overdrawn) if (!this.#preemptLast()) break;
    this.#sweep();
  }

  /** Fills the next step. Null when there is nothing that could be in it. The object is the same every time. */
  plan(startMs: number): StepLoad | null {
    if (this.#fill(startMs)) return this.#step;
    // A sequence that preempted itself leaves an empty step, and nobody came in because of it: now somebody may.
    return this.waiting > 0 && this.#fill(startMs) ? this.#step : null;
  }

  /** Ends the step under way: tokens appear, what is complete leaves. */
  complete(atMs: number): void {
    this.#iterating = true;
    for (const sequence of this.#running) {
      if (sequence.state !== 'running' || sequence.stepTokens === 0) continue;
      sequence.heldTokens += sequence.stepTokens;
      sequence.computedTokens += sequence.stepTokens;
      sequence.stepTokens = 0;
      if (sequence.heldTokens === sequence.targetTokens) this.#sample(sequence, atMs);
    }
    this.#iterating = false;
    this.#sweep();
  }

  #sample(sequence: Sequence, atMs: number): void {
    if (sequence.work.kind === 'generate') {
      sequence.generatedTokens++;
      sequence.targetTokens++;
      this.#events.token(sequence, atMs);
    }
    // Whoever heard of the token may have taken the sequence out.
    if (sequence.state !== 'running' || sequence.generatedTokens < sequence.work.outputTokens) return;
    this.#leave(sequence, 'ended');
    this.#events.finished(sequence, atMs);
  }

  #fill(startMs: number): boolean {
    this.#step.tokens = 0;
    this.#step.sequences = 0;
    this.#step.contextTokens = 0;
    const preempted = this.#fillDecodes();
    for (const sequence of this.#running) {
      if (sequence.state === 'running' && sequence.stepTokens === 0 && !isDecoding(sequence)) this.#prefill(sequence);
    }
    if (preempted) this.#sweep();
    else this.#admit(startMs);
    return this.#step.tokens > 0;
  }

  #fillDecodes(): boolean {
    let preempted = false;
    for (const sequence of this.#running) {
      if (sequence.state !== 'running' || !isDecoding(sequence)) continue;
      if (this.#step.tokens >= this.#settings.tokenBudget) break;
      while (!this.#grow(sequence)) {
        preempted = true;
        this.#preemptLast();
        // The last arrived may be this very sequence.
        if (!isRunning(sequence)) break;
      }
      if (!isRunning(sequence)) continue;
      sequence.stepTokens = 1;
      this.#step.tokens++;
      this.#step.sequences++;
      this.#step.contextTokens += sequence.heldTokens;
    }
    return preempted;
  }

  /** Gets the block that its next token needs, if it needs one. */
  #grow(sequence: Sequence): boolean {
    const missing = this.cache.blocksFor(sequence.targetTokens) - sequence.blocks;
    if (missing <= 0) return true;
    if (!this.cache.take(missing)) return false;
    sequence.blocks += missing;
    return true;
  }

  #prefill(sequence: Sequence): void {
    const room = this.#settings.tokenBudget - this.#step.tokens;
    if (room <= 0) return;
    sequence.stepTokens = Math.min(room, sequence.targetTokens - sequence.heldTokens);
    this.#step.tokens += sequence.stepTokens;
    this.#step.sequences++;
  }

  #admit(startMs: number): void {
    while (this.#step.tokens < this.#settings.tokenBudget && this.#running.length < this.#settings.maxSequences) {
      const sequence = this.#nextToAdmit();
      if (!sequence) return;
      this.#lineOf(sequence).takeFirst();
      sequence.state = 'running';
      sequence.startedMs ??= startMs;
      this.#running.push(sequence);
      this.#prefill(sequence);
    }
  }

  #nextToAdmit(): Sequence | undefined {
    const embedding = this.#embedding.first;
    const generating = this.#generating.first;
    if (!generating || (embedding && isBefore(embedding, generating))) return embedding;
    const blocks = this.cache.blocksFor(generating.targetTokens);
    if (!this.cache.admits(blocks) || !this.cache.take(blocks)) return embedding;
    generating.blocks = blocks;
    return generating;
  }

  #preemptLast(): boolean {
    let last: Sequence | undefined;
    for (const sequence of this.#running) {
      if (sequence.state === 'running' && sequence.blocks > 0 && (!last || isBefore(last, sequence))) last = sequence;
    }
    if (!last) return false;
    if (isDecoding(last) && last.stepTokens > 0) this.#step.contextTokens -= last.heldTokens;
    if (last.stepTokens > 0) this.#step.sequences--;
    this.#step.tokens -= last.stepTokens;
    this.#leave(last, 'waiting');
    last.preemptions++;
    this.#lineOf(last).add(last);
    this.#events.preempted();
    return true;
  }

  #leave(sequence: Sequence, state: 'waiting' | 'ended'): void {
    this.cache.giveBack(sequence.blocks);
    sequence.blocks = 0;
    sequence.heldTokens = 0;
    sequence.stepTokens = 0;
    sequence.state = state;
  }

  /** Drops from the running those that left, in place. */
  #sweep(): void {
    if (this.#iterating) return;
    let kept = 0;
    for (const sequence of this.#running) if (sequence.state === 'running') this.#running[kept++] = sequence;
    this.#running.length = kept;
  }

  #lineOf(sequence: Sequence): WaitingLine {
    return sequence.work.kind === 'embed' ? this.#embedding : this.#generating;
  }
}

/** Reads the state afresh: a call in between may have changed it. */
function isRunning(sequence: Sequence): boolean {
  return sequence.state === 'running';
}
