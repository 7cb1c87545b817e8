import { beforeEach, describe, expect, it } from 'vitest';
import { endStalledSessions } from '../../../../fakes/stores/postgres/end-stalled-sessions.ts';
import type { WireDatabase } from '../../../../fakes/stores/postgres/keep-batches-whole.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';

let clock: VirtualClock;
let inTransaction: boolean;
let othersWait: boolean;
let answers: string[];
let droppedAtMs: number[];
let watched: ReturnType<typeof endStalledSessions<WireDatabase>>;

beforeEach(() => {
  clock = new VirtualClock();
  inTransaction = true;
  othersWait = true;
  answers = [];
  droppedAtMs = [];
  const database: WireDatabase = {
    isInTransaction: () => inTransaction,
    execProtocolRaw: async () => new Uint8Array(),
    execProtocolRawStream: async () => undefined,
    exec: async () => [],
  };
  const dropHolder = (): void => {
    droppedAtMs.push(clock.now());
    inTransaction = false;
  };
  watched = endStalledSessions(database, { clock, server: { othersWait: () => othersWait, dropHolder } });
});

const say = (): Promise<void> =>
  watched.database.execProtocolRawStream(new Uint8Array(), {
    onRawData: (data) => answers.push(Buffer.from(data).toString('latin1')),
  });

describe('ending stalled sessions', () => {
  it('drops a session that is silent in a transaction while others wait, within a second, and tells it why', async () => {
    await say();
    await clock.advance(599);
    expect([droppedAtMs, answers]).toEqual([[], []]);
    await clock.advance(10_000);
    expect(droppedAtMs).toEqual([600]);
    expect(answers).toEqual([expect.stringContaining('SFATAL\0VFATAL\0C25P03\0Mterminating connection')]);
    expect(clock.pending).toBe(0);
  });

  it('counts the silence from the last message', async () => {
    for (let count = 0; count < 5; count++) {
      await say();
      await clock.advance(500);
    }
    expect(droppedAtMs).toEqual([]);
    await clock.advance(100);
    expect(droppedAtMs).toEqual([2600]);
  });

  it('leaves a silent session alone until somebody waits for it', async () => {
    othersWait = false;
    await say();
    await clock.advance(60_000);
    expect(droppedAtMs).toEqual([]);
    othersWait = true;
    await clock.advance(50);
    expect(droppedAtMs).toEqual([60_050]);
  });

  it('leaves a session alone whose transaction has ended, and sets no timer for one without', async () => {
    await say();
    inTransaction = false;
    await clock.advance(10_000);
    await say();
    expect([droppedAtMs, clock.pending]).toEqual([[], 0]);
  });

  it('does not count the time that the engine works', async () => {
    const slow = endStalledSessions<WireDatabase>(
      { ...watched.database, isInTransaction: () => true, execProtocolRawStream: () => clock.sleep(5000) },
      { clock, server: { othersWait: () => true, dropHolder: () => droppedAtMs.push(clock.now()) } },
    );
    const message = (): Promise<void> =>
      slow.database.execProtocolRawStream(new Uint8Array(), { onRawData: () => undefined });
    await clock.run(message());
    await clock.run(message());
    expect(droppedAtMs).toEqual([]);
    await clock.advance(600);
    expect(droppedAtMs).toEqual([10_600]);
  });

  it('leaves no timer when it is stopped', async () => {
    await say();
    watched.stop();
    expect(clock.pending).toBe(0);
  });
});
