import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { createBatchLimit } from '../../../../fakes/workload/admission/batch-limit.ts';

const busy = { inFlight: 6, waiting: 3, questionRoom: 0.2 };

async function answerQuestions(clock: VirtualClock, limit: ReturnType<typeof createBatchLimit>, tookMs: number) {
  const answered = Array.from({ length: 10 }, () => limit.questionWaits());
  await clock.advance(tookMs);
  for (const done of answered) done();
}

describe('createBatchLimit', () => {
  it('gives batch work more room, one place at a time, while questions are fast', async () => {
    const clock = new VirtualClock();
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, clock);
    const seen: number[] = [];
    for (let look = 0; look < 6; look++) {
      await answerQuestions(clock, limit, 50);
      limit.adjust(busy);
      seen.push(limit.limit);
    }
    expect(seen).toEqual([3, 4, 5, 6, 6, 6]);
  });

  it('halves the room when questions get slow, and closes it when they get far too slow', async () => {
    const clock = new VirtualClock();
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, clock);
    for (let look = 0; look < 4; look++) limit.adjust(busy);
    await answerQuestions(clock, limit, 400);
    limit.adjust(busy);
    expect(limit.limit).toBe(3);
    limit.adjust(busy);
    expect(limit.limit).toBe(3);
    await answerQuestions(clock, limit, 700);
    limit.adjust(busy);
    expect(limit.limit).toBe(0);
  });

  it('counts questions that still wait: a server that answers nobody has no room', async () => {
    const clock = new VirtualClock();
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, clock);
    limit.questionWaits();
    await clock.advance(5000);
    limit.adjust(busy);
    expect(limit.limit).toBe(0);
  });

  it('gives way when the room for questions fills, before they are slow', () => {
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, new VirtualClock());
    limit.adjust({ ...busy, questionRoom: 0.8 });
    expect(limit.limit).toBe(1);
  });

  it('lets one through every two seconds when there is no room', async () => {
    const clock = new VirtualClock();
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, clock);
    limit.questionWaits();
    await clock.advance(1000);
    limit.adjust(busy);
    expect(limit.fits(0)).toBe(false);
    await clock.advance(2000);
    expect([limit.fits(1), limit.fits(0), limit.fits(0)]).toEqual([false, true, false]);
  });

  it('does not grow while nobody asks for more', () => {
    const limit = createBatchLimit({ most: 6, firstTokenTargetMs: 300 }, new VirtualClock());
    limit.adjust({ inFlight: 0, waiting: 0, questionRoom: 0 });
    expect(limit.limit).toBe(2);
  });
});
