import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { drive } from '../../harness/load/drive.ts';
import { ask, ingest } from '../../harness/load/loads.ts';
import type { RequestLoad } from '../../harness/load/types.ts';
import type { Sample } from '../../harness/observe/observations.ts';
import type { TargetOperations } from '../../harness/world/target.ts';
import type { Corpus } from '../../harness/world/types.ts';

const corpus: Corpus = {
  documents: [],
  question: () => ({ text: 'What is the code?', documentId: 'doc-1', expected: 'KX-1' }),
  batchDocument: (n) => ({ id: `batch-${n}`, version: 1, title: 't', text: 'x' }),
};

const operations: TargetOperations = {
  ask: {
    request: (question) => ({ method: 'POST', path: '/ask', body: { question } }),
    read: ({ name, data }) => {
      const body = JSON.parse(data) as { text?: string; citations?: string[]; code?: string };
      if (name === 'token') return { kind: 'token', text: body.text ?? '' };
      if (name === 'done') return { kind: 'done', citations: body.citations ?? [], degraded: false };
      return name === 'error' ? { kind: 'error', code: body.code ?? '' } : { kind: 'other' };
    },
  },
  ingest: {
    request: (documents) => ({
      method: 'POST',
      path: '/documents',
      body: { documents: documents.map(({ id }) => id) },
    }),
    acknowledged: (body) => (body as { stored: { id: string; version: number }[] }).stored,
  },
};

const token = 'event: token\ndata: {"text":"The code is KX-1."}\n\n';
const done = 'event: done\ndata: {"citations":["doc-1"]}\n\n';

describe('the load generator', () => {
  it('sends when it is due, not when the last answer has come', async () => {
    const { samples } = await send(ask({ ratePerSecond: 1 }), [0, 10, 20], async (clock) => {
      await clock.sleep(1000);
      return new Response(token + done);
    });
    expect(samples.map((sample) => sample.sentMs)).toEqual([0, 10, 20]);
    expect(samples.map((sample) => sample.doneMs)).toEqual([1000, 1010, 1020]);
  });

  it('calls an answer good only with its end marker, without an error in the band, and with text', async () => {
    const bodies = [
      token + done,
      token,
      `${token}event: error\ndata: {"code":"overloaded"}\n\n`,
      done,
      'event: token\ndata: {nonsense\n\n',
    ];
    const { samples } = await send(
      ask({ ratePerSecond: 1 }),
      bodies.map((_, index) => index),
      (_, index) => new Response(bodies[index]),
    );
    expect(samples.map((sample) => sample.outcome)).toEqual([
      { kind: 'good', degraded: false },
      { kind: 'failed', code: 'no end marker' },
      { kind: 'failed', code: 'overloaded' },
      { kind: 'failed', code: 'empty answer' },
      { kind: 'failed', code: expect.stringContaining('unreadable event') as string },
    ]);
  });

  it('checks the answer against the known fact and its document', async () => {
    const bodies = [
      token + done,
      'event: token\ndata: {"text":"I do not know."}\n\n' + done,
      `${token}event: done\ndata: {"citations":["doc-2"]}\n\n`,
    ];
    const { samples } = await send(ask({ ratePerSecond: 1 }), [0, 1, 2], (_, index) => new Response(bodies[index]));
    expect(samples.map((sample) => sample.correct)).toEqual([true, false, false]);
  });

  it('counts a refusal with Retry-After as shed, and one without as failed', async () => {
    const answers = [
      new Response(null, { status: 503, headers: { 'retry-after': '2' } }),
      new Response(null, { status: 429, headers: { 'retry-after': new Date(5000).toUTCString() } }),
      new Response(null, { status: 503 }),
      new Response(null, { status: 500, headers: { 'retry-after': '2' } }),
    ];
    const { samples } = await send(
      ask({ ratePerSecond: 1 }),
      [0, 0, 0, 0],
      (_, index) => answers[index] ?? new Response(),
    );
    expect(samples.map((sample) => sample.outcome)).toEqual([
      { kind: 'shed', status: 503, retryAfterMs: 2000 },
      { kind: 'shed', status: 429, retryAfterMs: 5000 },
      { kind: 'failed', code: 'HTTP 503' },
      { kind: 'failed', code: 'HTTP 500' },
    ]);
  });

  it('gives up at the deadline, counted from the due time: a question has failed, a write is unknown', async () => {
    const never = (clock: VirtualClock, _: number, signal: AbortSignal): Promise<Response> =>
      clock.sleep(60_000, signal).then(() => new Response());
    const questions = await send(ask({ ratePerSecond: 1, deadlineMs: 500 }), [100], never);
    expect(questions.samples).toMatchObject([{ outcome: { kind: 'failed', code: 'timeout' }, doneMs: 600 }]);
    const writes = await send(ingest({ ratePerSecond: 1, deadlineMs: 500 }), [100], never);
    expect(writes.samples).toMatchObject([{ outcome: { kind: 'unknown', code: 'timeout' }, doneMs: 600 }]);
  });

  it('keeps every acknowledged version, and calls a partly acknowledged write failed', async () => {
    const { samples, acknowledged } = await send(ingest({ ratePerSecond: 1, documentsPerRequest: 2 }), [5], () =>
      Response.json({ stored: [{ id: 'batch-0', version: 1 }] }),
    );
    expect(samples[0]?.outcome).toEqual({ kind: 'failed', code: 'acknowledged 1 of 2 documents' });
    expect(acknowledged).toEqual([{ id: 'batch-0', version: 1, atMs: 5 }]);
  });

  it('keeps what it could not send as dropped', async () => {
    const { samples } = await send(ask({ ratePerSecond: 1 }), [0], () => new Response(), {
      ...operations,
      ask: {
        ...operations.ask,
        request: () => {
          throw new Error('bad config');
        },
      } as never,
    });
    expect(samples).toMatchObject([{ sentMs: null, doneMs: null, outcome: { kind: 'dropped', code: 'bad config' } }]);
  });
});

async function send(
  load: RequestLoad,
  timesMs: number[],
  answer: (clock: VirtualClock, index: number, signal: AbortSignal) => Response | Promise<Response>,
  ops: TargetOperations = operations,
): Promise<{ samples: Sample[]; acknowledged: unknown[] }> {
  const clock = new VirtualClock();
  const samples: Sample[] = [];
  const acknowledged: unknown[] = [];
  let count = 0;
  await clock.run(
    drive({
      sender: {
        clock,
        fetch: async (_, init) => answer(clock, count++, init?.signal as AbortSignal),
        baseUrl: 'http://target',
        originMs: 0,
      },
      operations: ops,
      corpus,
      schedules: [{ load, timesMs, ids: timesMs.map((_, index) => String(index).padStart(32, '0')) }],
      signal: new AbortController().signal,
      onSample: (sample) => samples.push(sample),
      onAcknowledged: (item) => acknowledged.push(item),
    }),
  );
  return {
    samples: samples.sort((left, right) => left.dueMs - right.dueMs || left.id.localeCompare(right.id)),
    acknowledged,
  };
}
