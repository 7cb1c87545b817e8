import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import {
  batchTokensFor,
  knee,
  questionsThatFit,
  steadyState,
  utilisation,
  type ModelLoad,
} from '../../../fakes/models/capacity.ts';
import { EngineSettingsSchema } from '../../../fakes/models/engine-settings.ts';
import { GpuEngine } from '../../../fakes/models/gpu-engine.ts';
import { driveEngine, preemptedShare, quantile, type Driven, type EngineLoad } from './drive-engine.ts';

const load: ModelLoad = {
  engine: EngineSettingsSchema.parse({}),
  questionsPerSecond: 50,
  promptTokens: 200,
  outputTokens: 32,
  questionEmbeddingTokens: 15,
  batchTokensPerSecond: 0,
};

interface Trial {
  readonly engine: GpuEngine;
  readonly driven: Driven;
  /** Chats per second that ended after the first half of the time, when the batch has filled up. */
  readonly chatsPerSecond: number;
}

/** Runs an engine under a load for so many seconds of virtual time. */
async function run(model: ModelLoad, forSeconds: number, extra: Partial<EngineLoad> = {}): Promise<Trial> {
  const clock = new VirtualClock();
  const engine = new GpuEngine(model.engine, clock);
  engine.slowDown(model.stepTimeFactor ?? 1);
  engine.leaveBlocks((model.kvBlocks ?? model.engine.kvBlocks) / model.engine.kvBlocks);
  const driven = driveEngine(engine, clock, seededRandom(1), { ...model, ...extra });
  await clock.advance(forSeconds * 500);
  const before = driven.chats.length;
  await clock.advance(forSeconds * 500);
  return { engine, driven, chatsPerSecond: (driven.chats.length - before) / (forSeconds / 2) };
}

describe('the knee', () => {
  it('lies above 100 questions per second for short prompts on one H100', () => {
    expect(knee(load)).toBeGreaterThan(100);
    expect(knee(load)).toBeCloseTo(139.5, 0);
  });

  it.each([
    { name: 'the defaults', model: load },
    { name: 'a noisy neighbour', model: { ...load, stepTimeFactor: 2.5 } },
    { name: 'another mix', model: { ...load, promptTokens: 800, outputTokens: 60 } },
    { name: 'few places', model: { ...load, engine: { ...load.engine, maxSequences: 32 } } },
    { name: 'a small budget', model: { ...load, engine: { ...load.engine, tokenBudget: 512 } } },
  ])('is what an engine under far too much load gets done, within 15 %: $name', async ({ model }) => {
    const predicted = knee(model);
    const { chatsPerSecond } = await run({ ...model, questionsPerSecond: 2 * predicted }, 16);
    expect(chatsPerSecond / predicted).toBeGreaterThan(0.85);
    expect(chatsPerSecond / predicted).toBeLessThan(1.15);
  });

  it('separates a line that stays short from one that grows', async () => {
    const below = await run({ ...load, questionsPerSecond: 0.85 * knee(load) }, 20);
    const above = await run({ ...load, questionsPerSecond: 1.2 * knee(load) }, 20);
    expect(below.engine.state().waiting).toBeLessThan(20);
    expect(above.engine.state().waiting).toBeGreaterThan(200);
  });

  it('falls by the factor by which steps are slower', () => {
    expect(knee({ ...load, stepTimeFactor: 2.5 })).toBeCloseTo(knee(load) / 2.5, 6);
  });
});

describe('the utilisation', () => {
  it('is 0 without load, and 1 at the knee', () => {
    expect(utilisation({ ...load, questionsPerSecond: 0 })).toBe(0);
    expect(utilisation({ ...load, questionsPerSecond: knee(load) })).toBeCloseTo(1, 6);
  });

  it('counts batch work, alone or beside questions', async () => {
    const batchOnly = { ...load, questionsPerSecond: 0, batchTokensPerSecond: 1000 };
    expect(utilisation({ ...batchOnly, batchTokensPerSecond: batchTokensFor(batchOnly, 1) })).toBeCloseTo(1, 6);
    expect(utilisation({ ...load, batchTokensPerSecond: batchTokensFor(load, 0.75) })).toBeCloseTo(0.75, 6);
  });

  it('is 1 where batch work alone keeps the engine just busy', async () => {
    const predicted = batchTokensFor({ ...load, questionsPerSecond: 0 }, 1);
    const { driven } = await run({ ...load, questionsPerSecond: 0.01, batchTokensPerSecond: 1.5 * predicted }, 20);
    const perSecond = (driven.batches.length * 1000) / 20;
    expect(perSecond / predicted).toBeGreaterThan(0.85);
    expect(perSecond / predicted).toBeLessThan(1.15);
  });

  it('tells a mix that the engine gets done from one that piles up', async () => {
    const below = await run({ ...load, batchTokensPerSecond: batchTokensFor(load, 0.85) }, 20);
    const above = await run({ ...load, batchTokensPerSecond: batchTokensFor(load, 1.15) }, 20);
    expect(below.engine.state().waiting).toBeLessThan(20);
    expect(above.engine.state().waiting).toBeGreaterThan(150);
  });
});

describe('the steady state', () => {
  it('predicts the time per token and the questions in flight below the knee', async () => {
    const { driven, engine } = await run({ ...load, questionsPerSecond: 80 }, 20);
    const predicted = steadyState({ ...load, questionsPerSecond: 80 });
    const measuredMs = quantile(
      driven.chats.map((chat) => chat.timePerOutputTokenMs ?? NaN),
      0.5,
    );
    const inFlight = driven.chats.reduce((sum, chat) => sum + chat.endedMs - chat.arrivedMs, 0) / 20_000;
    expect(measuredMs / predicted.stepMs).toBeGreaterThan(0.85);
    expect(measuredMs / predicted.stepMs).toBeLessThan(1.15);
    expect(inFlight / predicted.questionsInFlight).toBeGreaterThan(0.8);
    expect(inFlight / predicted.questionsInFlight).toBeLessThan(1.2);
    expect(engine.state().preemptions).toBe(0);
  });

  it('does not exist above the knee', () => {
    expect(steadyState({ ...load, questionsPerSecond: 300 }).stepMs).toBe(Infinity);
  });
});

describe('memory pressure', () => {
  const pressed = { ...load, kvBlocks: 400 };

  it('leaves room for the questions alone, when only as many are sent as fit', async () => {
    const fitting = questionsThatFit(pressed);
    const { engine, driven } = await run(pressed, 20, { chatsInFlight: fitting });
    expect(fitting).toBe(26);
    expect(engine.state().preemptions).toBe(0);
    expect(driven.turnedAway / driven.asked).toBeLessThan(0.02);
  });

  it('thrashes when everything is sent at once beside batch work', async () => {
    const { driven } = await run({ ...pressed, batchTokensPerSecond: batchTokensFor(load, 0.75) }, 20);
    expect(preemptedShare(driven.chats)).toBeGreaterThan(0.03);
  });

  it('does not happen in the full cache with the same load', async () => {
    const { driven } = await run({ ...load, batchTokensPerSecond: batchTokensFor(load, 0.75) }, 20);
    expect(preemptedShare(driven.chats)).toBe(0);
  });
});
