/** A piece of work as it is handed to the engine. */
export interface EngineWork {
  /** `generate` fills the key-value cache and answers token by token; `embed` only reads its prompt. */
  readonly kind: 'generate' | 'embed';
  readonly promptTokens: number;
  /** Tokens to generate; 0 for `embed`. */
  readonly outputTokens: number;
  /** Lower is served earlier; the same priority is served in the order of arrival. Default 0. */
  readonly priority?: number;
  /** Called at the end of each step that gave a token, with its index from 0. */
  readonly onToken?: (index: number) => void;
  readonly onEnd: (result: EngineResult) => void;
}

/** How a piece of work ended, by the engine's own schedule. Times are milliseconds. */
export interface EngineResult {
  /** `dead`: the engine died while the work was in it. */
  readonly kind: 'finished' | 'aborted' | 'dead';
  readonly work: EngineWork;
  readonly outputTokens: number;
  /** Tokens that were computed for it; more than its own when it had to be computed again after a preemption. */
  readonly computedTokens: number;
  readonly preemptions: number;
  readonly arrivedMs: number;
  /** When it was in a step for the first time; null when it never was. */
  readonly startedMs: number | null;
  readonly firstTokenMs: number | null;
  readonly endedMs: number;
  /** The mean gap between its tokens; null with fewer than two. */
  readonly timePerOutputTokenMs: number | null;
}

/** A piece of work inside the engine. */
export interface Sequence {
  readonly work: EngineWork;
  /** Counts arrivals. */
  readonly number: number;
  readonly priority: number;
  readonly arrivedMs: number;
  state: 'waiting' | 'running' | 'ended';
  /** Tokens that it needs in the engine before the next one can be sampled: the prompt and what was generated. */
  targetTokens: number;
  /** How many of them are there. */
  heldTokens: number;
  /** New tokens in the step under way. */
  stepTokens: number;
  /** Blocks of the key-value cache that it holds. */
  blocks: number;
  generatedTokens: number;
  computedTokens: number;
  preemptions: number;
  startedMs: number | null;
  firstTokenMs: number | null;
  lastTokenMs: number | null;
}

export function newSequence(work: EngineWork, number: number, arrivedMs: number): Sequence {
  return {
    work,
    number,
    priority: work.priority ?? 0,
    arrivedMs,
    state: 'waiting',
    targetTokens: work.promptTokens,
    heldTokens: 0,
    stepTokens: 0,
    blocks: 0,
    generatedTokens: 0,
    computedTokens: 0,
    preemptions: 0,
    startedMs: null,
    firstTokenMs: null,
    lastTokenMs: null,
  };
}

/** Whether `left` is served before `right`. */
export function isBefore(left: Sequence, right: Sequence): boolean {
  return left.priority < right.priority || (left.priority === right.priority && left.number < right.number);
}

/** Whether its next step only adds the one token that it generated last. */
export function isDecoding(sequence: Sequence): boolean {
  return sequence.generatedTokens > 0 && sequence.targetTokens - sequence.heldTokens === 1;
}

export function resultOf(sequence: Sequence, kind: EngineResult['kind'], endedMs: number): EngineResult {
  const { firstTokenMs, lastTokenMs, generatedTokens } = sequence;
  const gaps = generatedTokens - 1;
  return {
    kind,
    work: sequence.work,
    outputTokens: generatedTokens,
    computedTokens: sequence.computedTokens,
    preemptions: sequence.preemptions,
    arrivedMs: sequence.arrivedMs,
    startedMs: sequence.startedMs,
    firstTokenMs,
    endedMs,
    timePerOutputTokenMs:
      gaps < 1 || firstTokenMs === null || lastTokenMs === null ? null : (lastTokenMs - firstTokenMs) / gaps,
  };
}
