import { describe, expect, it } from 'vitest';
import { keepBatchesWhole, type WireDatabase } from '../../../../fakes/stores/postgres/keep-batches-whole.ts';

const message = (letter: string): Uint8Array => Buffer.from(`${letter}\0\0\0\u0004`, 'latin1');

/** A database that notes what reaches it; `engineError` makes it fail. */
function notingDatabase(engineError?: Error) {
  const reached: string[] = [];
  const state = { inTransaction: false };
  const database: WireDatabase = {
    isInTransaction: () => state.inTransaction,
    execProtocolRaw: async (sent) => {
      reached.push(String.fromCharCode(sent[0] ?? 0));
      return new Uint8Array();
    },
    execProtocolRawStream: async (sent) => {
      if (engineError) throw engineError;
      reached.push(String.fromCharCode(sent[0] ?? 0));
    },
    exec: async (query) => {
      reached.push(query);
      return [];
    },
  };
  return { database, reached, state };
}

const ignore = { onRawData: () => undefined };

describe('keeping batches whole', () => {
  it('lets only one connection go on from the first message of a batch until its Sync', async () => {
    const whole = keepBatchesWhole(notingDatabase().database);
    for (const letter of ['P', 'B', 'D', 'E', 'C', 'H']) {
      await whole.execProtocolRawStream(message(letter), ignore);
      expect([letter, whole.isInTransaction()]).toEqual([letter, true]);
    }
    await whole.execProtocolRawStream(message('S'), ignore);
    expect(whole.isInTransaction()).toBe(false);
  });

  it('does not hold others up after a simple query', async () => {
    const whole = keepBatchesWhole(notingDatabase().database);
    await whole.execProtocolRawStream(message('Q'), ignore);
    expect(whole.isInTransaction()).toBe(false);
  });

  it('still knows a real transaction', async () => {
    const { database, state } = notingDatabase();
    const whole = keepBatchesWhole(database);
    state.inTransaction = true;
    await whole.execProtocolRawStream(message('S'), ignore);
    expect(whole.isInTransaction()).toBe(true);
  });

  it('ends the batch that a lost connection left behind before it rolls back', async () => {
    const { database, reached } = notingDatabase();
    const whole = keepBatchesWhole(database);
    await whole.execProtocolRawStream(message('P'), ignore);
    await whole.exec('ROLLBACK');
    expect(reached).toEqual(['P', 'S', 'ROLLBACK']);
    expect(whole.isInTransaction()).toBe(false);
  });

  it('answers an error of the engine instead of throwing it', async () => {
    const whole = keepBatchesWhole(notingDatabase(new Error('out of memory')).database);
    const answers: Uint8Array[] = [];
    await whole.execProtocolRawStream(message('P'), { onRawData: (data) => answers.push(data) });
    const answer = Buffer.from(answers[0] ?? []);
    expect(answer.toString('latin1')).toContain('XX000\0MThe embedded engine failed: out of memory\0');
    expect(answer.readInt32BE(1) + 1 + 6).toBe(answer.length);
    expect(whole.isInTransaction()).toBe(false);
  });
});
