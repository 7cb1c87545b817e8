import type { EngineSettings } from './engine-settings.ts';
import { stepTimeMs, type StepLoad } from './step-time.ts';

/** What is asked of an engine. Rates are per second. */
export interface ModelLoad {
  readonly engine: EngineSettings;
  /** How much longer every step takes than on an undisturbed GPU; default 1. A neighbour with the share s makes it 1 / (1 − s). */
  readonly stepTimeFactor?: number;
  /** Blocks of the key-value cache that are left; default all. */
  readonly kvBlocks?: number;
  readonly questionsPerSecond: number;
  /** Of the prompt of one question, with its passages. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Of the embedding of one question, before its search. */
  readonly questionEmbeddingTokens: number;
  /** Embedding tokens of batch work. */
  readonly batchTokensPerSecond: number;
}

/** The engine at an even pace. */
export interface SteadyState {
  readonly stepMs: number;
  /** Questions in the engine at the same time, on average. */
  readonly questionsInFlight: number;
  /** Blocks of the key-value cache in use, on average. */
  readonly kvBlocksUsed: number;
}

/**
 * Offered load ÷ what the engine can do of that mix, from 0; at 1 its queue begins to grow. The busiest step is either one whose token
 * budget is full or one whose places for sequences (or blocks of the cache) are all taken; what the mix gets done in such steps is the
 * capacity. Prompts' chunks are taken as evenly spread, arrivals as even: queues are there below 1, too.
 */
export function utilisation(load: ModelLoad): number {
  if (workTokens(load) === 0) return 0;
  return 1 / largestScale(load);
}

/** The questions per second at which the mix, its batch work unchanged, reaches utilisation 1; 0 when the batch work alone exceeds it. */
export function knee(load: ModelLoad): number {
  return bisect((questionsPerSecond) => utilisation({ ...load, questionsPerSecond }) < 1);
}

/** The embedding tokens of batch work per second with which the mix reaches a given utilisation; 0 when it is above it without any. */
export function batchTokensFor(load: ModelLoad, target: number): number {
  return bisect((batchTokensPerSecond) => utilisation({ ...load, batchTokensPerSecond }) < target);
}

/** Questions that the blocks of the cache hold from start to end without one having to be preempted. */
export function questionsThatFit(
  load: Pick<ModelLoad, 'engine' | 'kvBlocks' | 'promptTokens' | 'outputTokens'>,
): number {
  const free = Math.floor((load.kvBlocks ?? load.engine.kvBlocks) * (1 - load.engine.watermarkShare));
  return Math.floor(free / Math.ceil((load.promptTokens + load.outputTokens) / load.engine.blockTokens));
}

/** The even pace of a load below the knee: the step that is just long enough for what arrives while it runs. */
export function steadyState(load: ModelLoad): SteadyState {
  let stepMs = 0;
  // The step's length is a contraction below the knee, and grows beyond all bounds above it.
  for (let round = 0; round < 10_000; round++) {
    const next = stepFor(load, (load.questionsPerSecond * stepMs) / 1000, (load.batchTokensPerSecond * stepMs) / 1000);
    if (next > 1e6) return { stepMs: Infinity, questionsInFlight: Infinity, kvBlocksUsed: Infinity };
    if (Math.abs(next - stepMs) < 1e-9) break;
    stepMs = next;
  }
  const questionsInFlight = ((load.questionsPerSecond * stepMs) / 1000) * load.outputTokens;
  const meanTokens = load.promptTokens + load.outputTokens / 2;
  const kvBlocksUsed = questionsInFlight * Math.ceil(meanTokens / load.engine.blockTokens);
  return { stepMs, questionsInFlight, kvBlocksUsed };
}

/** By which factor the whole mix could grow before the busiest step is reached. */
function largestScale(load: ModelLoad): number {
  const batchPerQuestion = load.questionsPerSecond === 0 ? 0 : load.batchTokensPerSecond / load.questionsPerSecond;
  if (load.questionsPerSecond === 0) {
    const stepMs = stepFor(load, 0, load.engine.tokenBudget);
    return load.engine.tokenBudget / (stepMs / 1000) / load.batchTokensPerSecond;
  }
  const perQuestion = tokensOfQuestion(load) + batchPerQuestion;
  const byBudget = load.engine.tokenBudget / perQuestion;
  const byPlaces =
    Math.min(load.engine.maxSequences, Math.max(1, questionsThatFit(load))) / Math.max(1, load.outputTokens);
  const questions = Math.min(byBudget, byPlaces);
  return questions / (stepFor(load, questions, questions * batchPerQuestion) / 1000) / load.questionsPerSecond;
}

/** The length of a step that completes `questions` questions' worth of work and `batchTokens` of batch work. */
function stepFor(load: ModelLoad, questions: number, batchTokens: number): number {
  const decoding = questions * Math.max(0, load.outputTokens - 1);
  const step: StepLoad = {
    tokens: questions * tokensOfQuestion(load) + batchTokens,
    sequences: decoding + questions * (load.questionEmbeddingTokens > 0 ? 2 : 1),
    contextTokens: decoding * (load.promptTokens + load.outputTokens / 2),
  };
  return stepTimeMs(load.engine, step) * (load.stepTimeFactor ?? 1);
}

/** New tokens of one question: its embedding, its prompt, and all of its answer but the first token, which the prompt gives. */
function tokensOfQuestion(load: ModelLoad): number {
  return load.questionEmbeddingTokens + load.promptTokens + Math.max(0, load.outputTokens - 1);
}

function workTokens(load: ModelLoad): number {
  return load.questionsPerSecond * tokensOfQuestion(load) + load.batchTokensPerSecond;
}

/** The largest rate, up to ten million per second, for which `holds` is true. */
function bisect(holds: (rate: number) => boolean): number {
  let low = 0;
  let high = 1e7;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
