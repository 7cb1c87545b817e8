import type { Clock } from '../../../harness/kit/clock.ts';
import type { Random } from '../../../harness/kit/random.ts';
import type { GpuEngine } from '../../../fakes/models/gpu-engine.ts';
import type { EngineResult } from '../../../fakes/models/sequence.ts';

/** Open-loop load on an engine: Poisson questions, each an embedding and then a chat, and embeddings of batch work at an even pace. */
export interface EngineLoad {
  readonly questionsPerSecond: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly questionEmbeddingTokens: number;
  readonly batchTokensPerSecond: number;
  /** Tokens in one call of batch work; default 1000. */
  readonly batchCallTokens?: number;
  /** Chats in the engine at most; the others are turned away by the caller. Default without bound. */
  readonly chatsInFlight?: number;
}

export interface Driven {
  /** Chats that ended, in the order of their ends. */
  readonly chats: EngineResult[];
  readonly batches: EngineResult[];
  turnedAway: number;
  asked: number;
  chatting: number;
}

/** Starts the load; whoever advances the clock gets the results. */
export function driveEngine(engine: GpuEngine, clock: Clock, random: Random, load: EngineLoad): Driven {
  const driven: Driven = { chats: [], batches: [], turnedAway: 0, asked: 0, chatting: 0 };
  const embed = (promptTokens: number, onEnd: (result: EngineResult) => void): void =>
    void engine.submit({ kind: 'embed', promptTokens, outputTokens: 0, onEnd });
  const chat = (): void => {
    if (driven.chatting >= (load.chatsInFlight ?? Infinity)) {
      driven.turnedAway++;
      return;
    }
    driven.chatting++;
    engine.submit({
      kind: 'generate',
      promptTokens: load.promptTokens,
      outputTokens: load.outputTokens,
      onEnd: (result) => {
        driven.chatting--;
        driven.chats.push(result);
      },
    });
  };
  repeat(
    clock,
    () => random.exponential(load.questionsPerSecond) * 1000,
    () => {
      driven.asked++;
      embed(load.questionEmbeddingTokens, chat);
    },
  );
  const callTokens = load.batchCallTokens ?? 1000;
  if (load.batchTokensPerSecond > 0) {
    repeat(
      clock,
      () => (callTokens / load.batchTokensPerSecond) * 1000,
      () => embed(callTokens, (result) => driven.batches.push(result)),
    );
  }
  return driven;
}

function repeat(clock: Clock, gapMs: () => number, act: () => void): void {
  clock.setTimer(() => {
    act();
    repeat(clock, gapMs, act);
  }, gapMs());
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The share of finished chats that were preempted at least once. */
export function preemptedShare(chats: readonly EngineResult[]): number {
  return chats.filter((chat) => chat.preemptions > 0).length / Math.max(1, chats.length);
}
