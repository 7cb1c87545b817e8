import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../fakes/workload/store/store.ts';
import { metricsPage } from './support/stand-in-model.ts';
import { randomHex, seededRandom } from '../../../harness/kit/random.ts';
import { readEvents, startWorkload, type StartedWorkload } from './support/started-workload.ts';

const documents = [
  { id: 'doc-1', version: 1, title: 'Harbor Lamp 0417', text: 'The service code of Harbor Lamp 0417 is KX-39427.' },
  { id: 'doc-2', version: 1, title: 'Cedar Pump 0007', text: 'The spare part of Cedar Pump 0007 is PL-11111.' },
];
const question = 'What is the service code of Harbor Lamp 0417?';
const trace = '0af7651916cd43dd8448eb211c80319c';

async function withDocuments(settings: Parameters<typeof startWorkload>[0] = {}): Promise<StartedWorkload> {
  const started = await startWorkload(settings);
  const response = await started.clock.run(started.post('/documents', { documents }));
  expect(await response.json()).toEqual({ stored: documents.map(({ id, version }) => ({ id, version })) });
  started.model.calls.length = 0;
  return started;
}

function ask({ clock, post }: StartedWorkload, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return clock.run(post('/ask', { question }, { headers }));
}

describe('asking', () => {
  it('answers word by word from what was stored, and names the document', async () => {
    const started = await withDocuments();
    const response = await ask(started);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await started.clock.run(readEvents(response))).toEqual([
      ...['See ', '[doc-1] ', 'for ', 'it. '].map((text) => ({ name: 'token', data: { text } })),
      { name: 'done', data: { citations: ['doc-1'], degraded: false, finishReason: 'stop' } },
    ]);
  });

  it('passes tokens on as they come', async () => {
    const started = await withDocuments();
    started.model.perTokenMs = 1000;
    const reader = (await ask(started)).body?.getReader();
    const askedMs = started.clock.now();
    await started.clock.run(reader?.read() ?? Promise.reject(new Error('no body')));
    expect(started.clock.now() - askedMs).toBeLessThan(1000);
  });

  it('asks the model with numbered passages, marked with their ids, within 40 tokens of answer', async () => {
    const started = await withDocuments();
    await ask(started);
    const chat = started.model.calls.find((call) => call.path.endsWith('/chat/completions'));
    expect(chat?.body).toMatchObject({ max_completion_tokens: 40, stream: true });
    expect(chat?.body.messages?.at(-1)?.content).toBe(
      [
        '1. [doc-1] The service code of Harbor Lamp 0417 is KX-39427.',
        '2. [doc-2] The spare part of Cedar Pump 0007 is PL-11111.',
        `Question: ${question}`,
      ].join('\n'),
    );
  });

  it('tells the model server nothing of the environment that it runs in', async () => {
    vi.stubEnv('OPENAI_ORG_ID', 'org-real');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project-real');
    const started = await withDocuments();
    const answer = started.model.fetch;
    const headers: string[] = [];
    Object.assign(started.model, {
      fetch: (...[input, init]: Parameters<typeof fetch>) => {
        headers.push(...new Headers(init?.headers).values());
        return answer(input, init);
      },
    });
    expect((await ask(started)).status).toBe(200);
    vi.unstubAllEnvs();
    expect(headers).toContain('application/json');
    expect(headers.filter((value) => value.includes('real'))).toEqual([]);
  });

  it('passes the trace and the class of work on to every call', async () => {
    const exporter = new InMemorySpanExporter();
    const started = await withDocuments({ telemetry: { spanProcessors: [new SimpleSpanProcessor(exporter)] } });
    await ask(started, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    expect(started.model.calls.map(({ path, workClass, trace: seen }) => [path, workClass, seen])).toEqual([
      ['/v1/embeddings', 'interactive', trace],
      ['/v1/chat/completions', 'interactive', trace],
    ]);
    expect(exporter.getFinishedSpans().map((span) => span.name)).toContain('embeddings gameday-embed');
  });

  it('refuses what is empty, malformed or too long before it calls a model', async () => {
    const { clock, model, post } = await withDocuments();
    for (const body of [{ question: ' ' }, { question: 7 }, {}, null, { question: 'x'.repeat(2001) }]) {
      const response = await clock.run(post('/ask', body));
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'bad_input']);
    }
    expect(model.calls).toEqual([]);
  });

  it('cuts long passages, so that a long question still fits', async () => {
    const text = 'service code of Harbor Lamp '.repeat(100);
    const { clock, model, post } = await startWorkload();
    const many = Array.from({ length: 3 }, (_, index) => ({ id: `doc-${index}`, version: 1, title: 't', text }));
    await clock.run(post('/documents', { documents: many }));
    const response = await clock.run(post('/ask', { question: 'Lamp? '.repeat(330) }));
    expect(response.status).toBe(200);
    expect(model.calls.at(-1)?.body.messages?.at(-1)?.content.length).toBeLessThan(1024 * 4);
  });
});

describe('asking while something is wrong', () => {
  it('says so in the stream when an answer breaks off', async () => {
    const started = await withDocuments();
    started.model.breakOff = true;
    const events = await started.clock.run(readEvents(await ask(started)));
    expect(events.at(-1)).toMatchObject({ name: 'error', data: { code: 'model' } });
    expect(events.filter((event) => event.name === 'done')).toEqual([]);
  });

  it.each(['search', 'embeddings'])('flags an answer as degraded when %s fails', async (what) => {
    const store: Store = {
      ...createMemoryStore(),
      ...(what === 'search' ? { search: () => Promise.reject(new Error('no connection')) } : {}),
    };
    const started = await withDocuments({ store });
    if (what === 'embeddings') started.model.failures.push(400);
    const events = await started.clock.run(readEvents(await ask(started)));
    expect(events.at(-1)).toEqual({ name: 'done', data: { citations: [], degraded: true, finishReason: 'stop' } });
  });

  it('flags an answer as degraded when the search does not come back', async () => {
    const store: Store = { ...createMemoryStore(), search: () => new Promise(() => undefined) };
    const started = await withDocuments({ store });
    const events = await started.clock.run(readEvents(await ask(started)));
    expect(events.at(-1)?.data).toMatchObject({ degraded: true });
    expect(started.clock.now()).toBeLessThan(5000);
  });

  it('asks once more after a 503, and not a third time', async () => {
    const started = await withDocuments();
    started.model.failures.push(503);
    expect((await ask(started)).status).toBe(200);
    expect(started.model.calls.filter((call) => call.path.endsWith('/embeddings'))).toHaveLength(2);
    started.model.calls.length = 0;
    started.model.embedMs = 5;
    const chats = (): number => started.model.calls.filter((call) => call.path.endsWith('/completions')).length;
    started.model.failures.push(400, 503, 503);
    expect((await ask(started)).status).toBe(502);
    expect(chats()).toBe(2);
  });

  it('does not ask again after a 400', async () => {
    const started = await withDocuments();
    started.model.failures.push(400, 400);
    expect((await ask(started)).status).toBe(502);
    expect(started.model.calls).toHaveLength(2);
  });

  it('retries at most a tenth of the calls, once its reserve is used up', async () => {
    const started = await withDocuments();
    for (let asked = 0; asked < 40; asked++) {
      // The embedding fails for good, the chat in a way that could be tried again.
      started.model.failures.push(400, 503, 503);
      await ask(started);
      started.model.failures.length = 0;
    }
    const chats = started.model.calls.filter((call) => call.path.endsWith('/completions')).length;
    expect(chats - 40).toBeLessThanOrEqual(3 + 8);
    expect(chats - 40).toBeGreaterThan(3);
  });

  it('answers 504 when the time of the caller is over, and stops the model', async () => {
    const started = await withDocuments();
    started.model.firstTokenMs = 60_000;
    const response = await ask(started, { 'x-timeout-ms': '800' });
    expect(response.status).toBe(504);
    await started.clock.advance(1);
    expect(started.clock.now()).toBeLessThan(900);
    expect(started.model.calls.at(-1)?.ended).toBe('aborted');
  });

  it('never works longer than ten seconds, whatever the caller says', async () => {
    const started = await withDocuments();
    started.model.firstTokenMs = 60_000;
    expect((await ask(started, { 'x-timeout-ms': '3600000' })).status).toBe(504);
    expect(started.clock.now()).toBeLessThan(10_100);
  });

  it('stops the model when the caller hangs up before the first token', async () => {
    const started = await withDocuments();
    started.model.firstTokenMs = 5000;
    const caller = new AbortController();
    const answer = started.post('/ask', { question }, { signal: caller.signal });
    await started.clock.advance(1000);
    caller.abort();
    await started.clock.advance(10);
    expect(started.model.calls.at(-1)?.ended).toBe('aborted');
    expect((await answer).status).toBe(499);
  });

  it('stops the model when the caller stops reading', async () => {
    const started = await withDocuments();
    started.model.perTokenMs = 1000;
    const reader = (await ask(started)).body?.getReader();
    await started.clock.run(reader?.read() ?? Promise.reject(new Error('no body')));
    await started.clock.run(reader?.cancel() ?? Promise.resolve());
    await started.clock.advance(10);
    expect(started.model.calls.at(-1)?.ended).toBe('aborted');
  });

  it('gives its place back when its time is over, also if the caller neither reads on nor hangs up', async () => {
    const started = await withDocuments();
    started.model.metrics = metricsPage({ blocks: 1 });
    await started.clock.advance(2000);
    const unread = await ask(started);
    expect(unread.status).toBe(200);
    expect((await ask(started)).status).toBe(503);
    await started.clock.advance(10_000);
    expect((await ask(started)).status).toBe(200);
  });

  it('stops the embedding of a question that it does not wait for any longer', async () => {
    const started = await withDocuments();
    started.model.embedMs = 60_000;
    const [event] = await started.clock.run(readEvents(await ask(started)));
    expect(event?.name).toBe('token');
    const [embedding] = started.model.calls;
    expect(embedding).toMatchObject({ path: '/v1/embeddings', ended: 'aborted' });
    expect((embedding?.endedMs ?? 0) - (embedding?.atMs ?? 0)).toBe(3000);
  });

  it('A8: goes on for a caller who has gone', async () => {
    const started = await withDocuments({ defect: 'A8' });
    started.model.firstTokenMs = 5000;
    const caller = new AbortController();
    void started.post('/ask', { question }, { headers: { 'x-timeout-ms': '500' }, signal: caller.signal });
    await started.clock.advance(1000);
    caller.abort();
    await started.clock.advance(10_000);
    expect(started.model.calls.at(-1)?.ended).toBe('answered');
  });

  it('T12: fails a few in a thousand questions, and no more', async () => {
    // An empty question gets as far as the defect and costs nothing.
    const failuresOf = async (defect?: 'T12'): Promise<number> => {
      const { post } = await startWorkload(defect ? { defect } : {});
      const statuses: number[] = [];
      for (let asked = 0; asked < 2000; asked++) statuses.push((await post('/ask', { question: ' ' })).status);
      return statuses.filter((status) => status === 500).length;
    };
    expect(await failuresOf()).toBe(0);
    const failures = await failuresOf('T12');
    expect(failures).toBeGreaterThan(1);
    expect(failures).toBeLessThan(20);
  });

  it('T12: fails the same questions wherever the same traces come by', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => randomHex(seededRandom(`trace ${index}`), 16));
    const failed = async (seed: number): Promise<string[]> => {
      const { post } = await startWorkload({ defect: 'T12', seed });
      const statuses = await Promise.all(
        ids.map((id) => post('/ask', { question: ' ' }, { headers: { traceparent: `00-${id}-00000000000000ff-01` } })),
      );
      return ids.filter((_, index) => statuses[index]?.status === 500);
    };
    const failures = await failed(1);
    expect(failures.length).toBeGreaterThan(0);
    expect(await failed(2)).toEqual(failures);
  });
});
