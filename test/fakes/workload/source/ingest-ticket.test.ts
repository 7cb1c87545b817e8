import { describe, expect, it } from 'vitest';
import type { IncomingDocument } from '../../../../fakes/workload/ingest/embed-and-store.ts';
import { ingestTicket } from '../../../../fakes/workload/source/ingest-ticket.ts';
import { GaveUp } from '../../../../fakes/workload/source/source-failure.ts';

function withComments(count: number) {
  const stored: IncomingDocument[] = [];
  const comments = Array.from({ length: count }, (_, index) => ({ id: index, plain_body: `Comment ${index}.` }));
  return {
    stored,
    crm: { page: () => Promise.reject(new Error('not asked')), comments: () => Promise.resolve(comments), calm: true },
    storeRecord: (document: IncomingDocument) => {
      stored.push(document);
      return Promise.resolve();
    },
  };
}

const second = { id: 'ticket-7', version: 2, title: 'Seven' };

describe('ingestTicket', () => {
  it.each([2, 3])('stores version 2 when it comes with %s comments, as what it is', async (count) => {
    const parts = withComments(count);
    expect((await ingestTicket(second, parts)).version).toBe(count);
    expect(parts.stored.map((document) => document.version)).toEqual([count]);
  });

  it('does not take an older version than the feed told of for the one that it wants', async () => {
    const parts = withComments(1);
    await expect(ingestTicket(second, parts)).rejects.toThrow(GaveUp);
    expect(parts.stored).toEqual([]);
  });
});
