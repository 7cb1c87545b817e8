import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../harness/kit/clock.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { EngineSettingsSchema, type EngineSettings } from '../../../fakes/models/engine-settings.ts';
import { GpuEngine, type Submission } from '../../../fakes/models/gpu-engine.ts';
import type { EngineResult, EngineWork } from '../../../fakes/models/sequence.ts';
import { stepTimeMs } from '../../../fakes/models/step-time.ts';

function setUp(settings: Partial<EngineSettings> = {}, clock = new VirtualClock()) {
  const parsed = EngineSettingsSchema.parse(settings);
  return { clock, settings: parsed, engine: new GpuEngine(parsed, clock) };
}

interface Told {
  readonly submission: Submission;
  readonly tokensAtMs: number[];
  result: EngineResult | null;
}

function send(engine: GpuEngine, clock: Clock, work: Partial<EngineWork>): Told {
  const tokensAtMs: number[] = [];
  const told: { result: EngineResult | null } = { result: null };
  const submission = engine.submit({
    kind: 'generate',
    promptTokens: 100,
    outputTokens: 4,
    onToken: () => tokensAtMs.push(clock.now()),
    onEnd: (result) => (told.result = result),
    ...work,
  });
  return Object.assign(told, { submission, tokensAtMs });
}

function abort(told: Told): void {
  if (told.submission.kind === 'accepted') told.submission.abort();
}

describe('one request', () => {
  it('gets its first token after the prefill, and each other one after a decode', async () => {
    const { clock, settings, engine } = setUp();
    const told = send(engine, clock, { promptTokens: 200, outputTokens: 3 });
    await clock.advance(1000);
    const prefillMs = stepTimeMs(settings, { tokens: 200, sequences: 1, contextTokens: 0 });
    const firstMs = stepTimeMs(settings, { tokens: 1, sequences: 1, contextTokens: 200 });
    const secondMs = stepTimeMs(settings, { tokens: 1, sequences: 1, contextTokens: 201 });
    expect(told.tokensAtMs[0]).toBeCloseTo(prefillMs, 6);
    expect(told.tokensAtMs[1]).toBeCloseTo(prefillMs + firstMs, 6);
    expect(told.tokensAtMs[2]).toBeCloseTo(prefillMs + firstMs + secondMs, 6);
    expect(told.result).toMatchObject({ kind: 'finished', outputTokens: 3, computedTokens: 202, preemptions: 0 });
    expect(told.result?.timePerOutputTokenMs).toBeCloseTo((firstMs + secondMs) / 2, 6);
  });

  it('takes 7.3 ms a token alone on an H100, as the model of its step time says', async () => {
    const { clock, engine } = setUp();
    const told = send(engine, clock, { outputTokens: 50 });
    await clock.advance(1000);
    expect(told.result?.timePerOutputTokenMs).toBeCloseTo(7.33, 1);
  });

  it('leaves an idle engine without a timer and without a block', async () => {
    const { clock, engine } = setUp();
    send(engine, clock, {});
    expect(engine.state()).toMatchObject({ running: 1, kvBlocksUsed: 7 });
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
    expect(engine.state()).toMatchObject({ running: 0, waiting: 0, kvBlocksUsed: 0 });
  });

  it('is read in chunks of the token budget when its prompt is longer', async () => {
    const { clock, engine } = setUp({ tokenBudget: 512 });
    const told = send(engine, clock, { promptTokens: 2000, outputTokens: 1 });
    await clock.advance(1000);
    expect(engine.state().steps).toBe(4);
    expect(told.result?.kind).toBe('finished');
  });

  it('is refused when it is too long for the model, and when the cache could never hold it', () => {
    const { clock, engine } = setUp({ kvBlocks: 100, maxModelTokens: 4000 });
    expect(send(engine, clock, { promptTokens: 3997 }).submission).toEqual({ kind: 'refused', reason: 'too long' });
    expect(send(engine, clock, { promptTokens: 1596 }).submission).toEqual({ kind: 'refused', reason: 'never fits' });
    expect(send(engine, clock, { promptTokens: 1580 }).submission.kind).toBe('accepted');
  });
});

describe('the schedule', () => {
  /** A clock as a busy machine has it: every timer comes late, and by another amount. */
  class LateClock extends VirtualClock {
    #timers = 0;
    override setTimer(callback: () => void, delayMs: number) {
      return super.setTimer(callback, delayMs + (this.#timers++ % 5));
    }
  }

  it('does not drift when timers come late', async () => {
    const onTime = setUp();
    const late = setUp({}, new LateClock());
    const expected = send(onTime.engine, onTime.clock, { outputTokens: 500 });
    const told = send(late.engine, late.clock, { outputTokens: 500 });
    await Promise.all([onTime.clock.advance(10_000), late.clock.advance(10_000)]);
    const lateness = told.tokensAtMs.map((atMs, index) => atMs - (expected.tokensAtMs[index] ?? NaN));
    expect(told.tokensAtMs).toHaveLength(500);
    expect(Math.max(...lateness)).toBeLessThan(5);
    expect(Math.max(...lateness)).toBeGreaterThan(3);
    expect(told.result?.endedMs).toBeCloseTo(expected.result?.endedMs ?? NaN, 3);
  });

  it('catches up after a long pause, several steps at once', async () => {
    const { clock, engine } = setUp();
    const told = send(engine, clock, { outputTokens: 100 });
    // Nobody fires the timers here; the next call finds that half a second has passed.
    const paused = new VirtualClock(500);
    clock.now = () => paused.now();
    expect(engine.state().steps).toBeGreaterThan(60);
    expect(told.tokensAtMs.length).toBe(engine.state().steps - 1);
  });

  it('starts again at once when something arrives at an idle engine', async () => {
    const { clock, engine } = setUp();
    send(engine, clock, {});
    await clock.advance(5000);
    const told = send(engine, clock, { outputTokens: 1 });
    await clock.advance(1000);
    expect((told.result?.firstTokenMs ?? NaN) - 5000).toBeLessThan(12);
  });
});

describe('the order of service', () => {
  it('lets decodes go on in every step while a long prompt is read beside them', async () => {
    const { clock, engine, settings } = setUp({ tokenBudget: 256 });
    const decoding = send(engine, clock, { outputTokens: 40 });
    await clock.advance(30);
    send(engine, clock, { promptTokens: 4000, outputTokens: 1 });
    await clock.advance(1000);
    const gaps = decoding.tokensAtMs.slice(1).map((atMs, index) => atMs - (decoding.tokensAtMs[index] ?? NaN));
    const fullMs = stepTimeMs(settings, { tokens: 256, sequences: 2, contextTokens: 140 });
    expect(decoding.result?.kind).toBe('finished');
    expect(Math.max(...gaps)).toBeLessThanOrEqual(fullMs + 1e-6);
    expect(Math.max(...gaps)).toBeGreaterThan(8.5);
  });

  it('is first come, first served, unless a request has a lower priority number', async () => {
    const { clock, engine } = setUp({ maxSequences: 1 });
    send(engine, clock, {});
    const [second, third, urgent] = [
      send(engine, clock, {}),
      send(engine, clock, {}),
      send(engine, clock, { priority: -1 }),
    ];
    await clock.advance(1000);
    const starts = [urgent, second, third].map((told) => told.result?.startedMs ?? NaN);
    expect(starts).toEqual(starts.toSorted((left, right) => left - right));
    expect(new Set(starts).size).toBe(3);
  });

  it('reads embeddings from the same budget, without a block of the cache', async () => {
    const alone = setUp();
    const shared = setUp();
    const first = send(alone.engine, alone.clock, { outputTokens: 30 });
    const second = send(shared.engine, shared.clock, { outputTokens: 30 });
    const batch = send(shared.engine, shared.clock, { kind: 'embed', promptTokens: 10_000, outputTokens: 0 });
    expect(shared.engine.state().kvBlocksUsed).toBe(7);
    await Promise.all([alone.clock.advance(2000), shared.clock.advance(2000)]);
    expect(batch.result).toMatchObject({ kind: 'finished', computedTokens: 10_000, outputTokens: 0 });
    expect(second.result?.endedMs ?? 0).toBeGreaterThan((first.result?.endedMs ?? NaN) + 200);
  });

  it('lets embeddings pass a prompt that waits for blocks', async () => {
    const { clock, engine } = setUp({ kvBlocks: 20 });
    send(engine, clock, { promptTokens: 200, outputTokens: 50 });
    const blocked = send(engine, clock, { promptTokens: 200 });
    const embedding = send(engine, clock, { kind: 'embed', promptTokens: 50, outputTokens: 0 });
    await clock.advance(50);
    expect(embedding.result?.kind).toBe('finished');
    expect(blocked.result).toBeNull();
    expect(engine.state()).toMatchObject({ waiting: 1, oldestWaitingMs: 50 });
  });

  it('refuses what is beyond the longest queue, when there is one', () => {
    const { clock, engine } = setUp({ maxSequences: 1, maxQueuedRequests: 2 });
    const kinds = Array.from({ length: 4 }, () => send(engine, clock, {}).submission);
    expect(kinds.map((submission) => submission.kind)).toEqual(['accepted', 'accepted', 'accepted', 'refused']);
    expect(kinds[3]).toEqual({ kind: 'refused', reason: 'queue full' });
  });

  it('is bounded also while the engine stands still because no memory is left', () => {
    const { clock, engine } = setUp({ maxQueuedRequests: 2, kvBlocks: 100 });
    engine.leaveBlocks(0.01);
    const kinds = Array.from({ length: 10 }, () => send(engine, clock, {}).submission.kind);
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(2);
  });
});

describe('preemption', () => {
  it('takes the blocks of the last arrived, which is computed again from the start', async () => {
    // Two prompts of 4 blocks each leave 2 of 10; both want to grow by 2.
    const { clock, engine } = setUp({ kvBlocks: 10, watermarkShare: 0 });
    const first = send(engine, clock, { promptTokens: 64, outputTokens: 30 });
    const last = send(engine, clock, { promptTokens: 64, outputTokens: 30 });
    await clock.advance(2000);
    expect(first.result).toMatchObject({ kind: 'finished', preemptions: 0, computedTokens: 64 + 29 });
    expect(last.result).toMatchObject({ kind: 'finished', preemptions: 1, outputTokens: 30 });
    expect(last.result?.computedTokens).toBeGreaterThan(2 * 64 + 29);
    expect(last.tokensAtMs).toHaveLength(30);
    expect(engine.state()).toMatchObject({ preemptions: 1, kvBlocksUsed: 0 });
  });

  it('does not happen where blocks for everybody are there', async () => {
    const { clock, engine } = setUp({ kvBlocks: 12, watermarkShare: 0 });
    send(engine, clock, { promptTokens: 64, outputTokens: 30 });
    send(engine, clock, { promptTokens: 64, outputTokens: 30 });
    await clock.advance(2000);
    expect(engine.state().preemptions).toBe(0);
  });

  it('keeps the watermark free when it admits', async () => {
    const { clock, engine } = setUp({ kvBlocks: 100, watermarkShare: 0.1 });
    for (let count = 0; count < 12; count++) send(engine, clock, { promptTokens: 150 });
    await clock.advance(10);
    expect(engine.state()).toMatchObject({ running: 9, waiting: 3, kvBlocksUsed: 90 });
  });

  it('strikes at once when blocks are taken away, and the work goes on when they are back', async () => {
    const { clock, engine } = setUp({ kvBlocks: 100 });
    const told = Array.from({ length: 4 }, () => send(engine, clock, { promptTokens: 160, outputTokens: 20 }));
    await clock.advance(40);
    engine.leaveBlocks(0.25);
    expect(engine.state()).toMatchObject({ kvBlocks: 25, running: 2, waiting: 2, preemptions: 2 });
    engine.leaveBlocks(0);
    expect(engine.state()).toMatchObject({ kvBlocks: 0, running: 0, waiting: 4, kvBlocksUsed: 0 });
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
    engine.leaveBlocks(1);
    await clock.advance(1000);
    expect(told.map((one) => one.result?.kind)).toEqual(['finished', 'finished', 'finished', 'finished']);
    expect(told.map((one) => one.result?.preemptions)).toEqual([1, 1, 1, 1]);
  });
});

describe('hanging up', () => {
  it('frees the blocks at once and lets the next one in', async () => {
    const { clock, engine } = setUp({ kvBlocks: 20 });
    const told = send(engine, clock, { promptTokens: 200, outputTokens: 50 });
    const next = send(engine, clock, { promptTokens: 200, outputTokens: 2 });
    await clock.advance(30);
    abort(told);
    expect(engine.state().kvBlocksUsed).toBe(0);
    expect(told.result).toMatchObject({ kind: 'aborted', endedMs: 30 });
    await clock.advance(100);
    expect(next.result?.kind).toBe('finished');
    expect(told.tokensAtMs.length).toBeLessThan(5);
  });

  it('takes a waiting request out of the line, and does nothing to one that has ended', async () => {
    const { clock, engine } = setUp({ maxSequences: 1 });
    const first = send(engine, clock, {});
    const waiting = send(engine, clock, {});
    abort(waiting);
    expect(engine.state()).toMatchObject({ running: 1, waiting: 0 });
    await clock.advance(1000);
    abort(first);
    expect(first.result?.kind).toBe('finished');
    expect(waiting.result).toMatchObject({ kind: 'aborted', startedMs: null, computedTokens: 0 });
  });

  it('may happen while a token is being handed over', async () => {
    const { clock, engine } = setUp();
    const told: Told = send(engine, clock, { onToken: () => abort(told) });
    const other = send(engine, clock, {});
    await clock.advance(1000);
    expect(told.result).toMatchObject({ kind: 'aborted', outputTokens: 1 });
    expect(other.result).toMatchObject({ kind: 'finished', outputTokens: 4 });
    expect(engine.state().kvBlocksUsed).toBe(0);
  });
});

describe('a dead engine', () => {
  it('takes along everything in it, refuses the rest, and works again when revived', async () => {
    const { clock, engine } = setUp({ maxSequences: 1 });
    const told = [send(engine, clock, {}), send(engine, clock, {})];
    expect(engine.die()).toBe(2);
    expect(told.map((one) => one.result?.kind)).toEqual(['dead', 'dead']);
    expect(send(engine, clock, {}).submission).toEqual({ kind: 'refused', reason: 'engine dead' });
    expect(engine.state()).toMatchObject({ dead: true, running: 0, waiting: 0, kvBlocksUsed: 0 });
    engine.revive();
    const after = send(engine, clock, {});
    await clock.advance(1000);
    expect(after.result?.kind).toBe('finished');
  });
});

describe('the utilisation gauge', () => {
  it('says busy while steps follow one another, and falls back when they stop', async () => {
    const { clock, engine } = setUp();
    expect(engine.state().busyShare).toBe(0);
    send(engine, clock, { outputTokens: 800 });
    await clock.advance(5000);
    expect(engine.state().busyShare).toBeGreaterThan(0.98);
    await clock.advance(10_000);
    expect(engine.state().busyShare).toBeLessThan(0.02);
  });
});
