import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { WorkQueue, type Lease } from '../../../../fakes/workload/admission/work-queue.ts';

function queueOf(settings: { places: number; maxDepth: number }) {
  const clock = new VirtualClock();
  const room = { places: settings.places };
  const queue = new WorkQueue({
    clock,
    maxDepth: settings.maxDepth,
    fits: (weight, inFlight) => inFlight.weight + weight <= room.places,
    retryAfterSeconds: 2,
  });
  const enter = (options: { untilMs?: number; signal?: AbortSignal; weight?: number } = {}): Promise<Lease> =>
    queue.enter({ weight: 1, untilMs: Infinity, signal: new AbortController().signal, ...options });
  return { clock, room, queue, enter };
}

describe('WorkQueue', () => {
  it('lets in what fits at once', async () => {
    const { queue, enter } = queueOf({ places: 1, maxDepth: 1 });
    await enter();
    expect(queue.inFlight).toEqual({ count: 1, weight: 1 });
  });

  it('lets the next one in when a place is given back, first come, first served', async () => {
    const { enter } = queueOf({ places: 1, maxDepth: 5 });
    const order: string[] = [];
    const lease = await enter();
    const first = enter().then((next) => (order.push('first'), next));
    const second = enter().then(() => order.push('second'));
    lease.release();
    (await first).release();
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('counts a place that is given back twice once', async () => {
    const { queue, enter } = queueOf({ places: 1, maxDepth: 1 });
    const lease = await enter();
    lease.release();
    lease.release();
    expect(queue.inFlight).toEqual({ count: 0, weight: 0 });
  });

  it('sends away what finds the queue full, and says when to come back', async () => {
    const { queue, enter } = queueOf({ places: 1, maxDepth: 1 });
    await enter();
    void enter();
    await expect(enter()).rejects.toMatchObject({ code: 'shed', retryAfterSeconds: 2 });
    expect(queue.shed).toBe(1);
  });

  it('sends away what has waited as long as it may', async () => {
    const { clock, queue, enter } = queueOf({ places: 1, maxDepth: 5 });
    await enter();
    const waiting = enter({ untilMs: 1000 });
    waiting.catch(() => undefined);
    await clock.advance(999);
    expect([queue.depth, queue.oldestMs]).toEqual([1, 999]);
    await clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ code: 'shed' });
    expect(queue.depth).toBe(0);
  });

  it('sends away at once what could not be served in time at the pace of late', async () => {
    const { clock, enter } = queueOf({ places: 1, maxDepth: 50 });
    let lease = await enter();
    const waiting = Array.from({ length: 8 }, () => enter());
    for (const next of waiting.slice(0, 4)) {
      await clock.advance(500);
      lease.release();
      lease = await next;
    }
    await expect(enter({ untilMs: clock.now() + 1000 })).rejects.toMatchObject({ code: 'shed' });
    void enter({ untilMs: clock.now() + 5000 });
  });

  it('lets go of who has gone, with the reason', async () => {
    const { queue, enter } = queueOf({ places: 1, maxDepth: 5 });
    await enter();
    const caller = new AbortController();
    const waiting = enter({ signal: caller.signal });
    caller.abort(new Error('hung up'));
    await expect(waiting).rejects.toThrow('hung up');
    await expect(enter({ signal: caller.signal })).rejects.toThrow('hung up');
    expect(queue.depth).toBe(0);
  });

  it('looks again when the room has grown', async () => {
    const { room, queue, enter } = queueOf({ places: 0, maxDepth: 5 });
    const waiting = enter();
    room.places = 1;
    queue.pump();
    await expect(waiting).resolves.toBeDefined();
  });
});
