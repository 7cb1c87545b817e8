import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/kit/clock.ts';
import {
  messages,
  origin,
  setUpInVirtualTime,
  setUpModelServer,
  type ModelServerSetUp,
} from './set-up-model-server.ts';

const model = 'gameday-8b';
const trace = (hex: string): string => `00-${hex.repeat(32)}-${'1'.repeat(16)}-01`;

/** The client's stream helper starts by a timer of its own, which virtual time knows nothing of. */
function setUpInRealTime(): Promise<ModelServerSetUp> {
  return setUpModelServer(systemClock(), { engine: { weightReadMs: 0.1, stepOverheadMs: 0 } });
}

describe('chat completions', () => {
  it('answers the official client with the fact, its passage and the usage', async () => {
    const { client, clock } = await setUpInVirtualTime();
    const answer = await clock.run(client.chat.completions.create({ model, messages }));
    expect(answer.choices[0]?.message.content).toContain('The service code of Cedar Pump is KX-39427. [ticket-12]');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    const promptTokens = messages.reduce((sum, message) => sum + Math.ceil(message.content.length / 4), 0);
    expect(answer.usage).toEqual({
      prompt_tokens: promptTokens,
      completion_tokens: 32,
      total_tokens: promptTokens + 32,
    });
  });

  it('streams the same answer, a token an event, with the role first and the usage last', async () => {
    const { client, clock } = await setUpInVirtualTime();
    const whole = await clock.run(client.chat.completions.create({ model, messages }));
    const read = async (): Promise<{ chunks: OpenAI.ChatCompletionChunk[]; atMs: number[] }> => {
      const stream = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      const atMs: number[] = [];
      for await (const chunk of stream) {
        chunks.push(chunk);
        if (chunk.choices[0]?.delta.content) atMs.push(clock.now());
      }
      return { chunks, atMs };
    };
    const { chunks, atMs } = await clock.run(read());
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]?.message.content,
    );
    expect(atMs).toHaveLength(32);
    expect(new Set(atMs).size).toBe(32);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('satisfies the helper that insists on a complete stream', async () => {
    const { client } = await setUpInRealTime();
    const completion = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
    expect(completion.choices[0]?.message.content).toContain('KX-39427');
  });

  it('ends every stream with the terminator', async () => {
    const { post, clock } = await setUpInVirtualTime();
    const response = await post('/v1/chat/completions', { model, messages, stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await clock.run(response.text());
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).not.toContain('usage');
  });

  it.each(['max_tokens', 'max_completion_tokens'])('stops at %s, and says so', async (limit) => {
    const { post, clock } = await setUpInVirtualTime();
    const response = await clock.run(post('/v1/chat/completions', { model, messages, [limit]: 3 }));
    expect(await response.json()).toMatchObject({
      choices: [{ finish_reason: 'length', message: { content: 'The service code' } }],
      usage: { completion_tokens: 3 },
    });
  });

  it('escapes what a token may hold', async () => {
    const { client } = await setUpInRealTime();
    const content = '[q-1] The motto of Cedar is "say \\ what".\nQuestion: What is the motto of Cedar?';
    const stream = client.chat.completions.stream({ model, messages: [{ role: 'user', content }] });
    expect(await stream.finalContent()).toContain('The motto of Cedar is "say \\ what". [q-1]');
  });

  it('gives the same bytes for the same seed', async () => {
    const read = async (): Promise<string> => {
      const { post, clock } = await setUpInVirtualTime({}, 7);
      const response = await post('/v1/chat/completions', { model, messages, stream: true });
      return clock.run(response.text());
    };
    expect(await read()).toBe(await read());
  });
});

describe('embeddings', () => {
  it('gives the official client vectors, which it asks for in base64', async () => {
    const { client, clock } = await setUpInVirtualTime();
    const input = ['the service code of Cedar Pump', 'something else entirely'];
    const base64 = await clock.run(client.embeddings.create({ model, input }));
    const floats = await clock.run(client.embeddings.create({ model, input, encoding_format: 'float' }));
    expect(base64.data.map((item) => item.embedding.length)).toEqual([96, 96]);
    expect(base64.data.map((item) => item.index)).toEqual([0, 1]);
    expect(base64.data.map((item) => Array.from(item.embedding))).toEqual(floats.data.map((item) => item.embedding));
    expect(base64.usage).toEqual({ prompt_tokens: 8 + 6, total_tokens: 14 });
  });

  it('takes the dimensions from its settings, or from the request', async () => {
    const { client, clock } = await setUpInVirtualTime({ embeddingDimensions: 64 });
    const own = await clock.run(client.embeddings.create({ model, input: 'text' }));
    const asked = await clock.run(client.embeddings.create({ model, input: 'text', dimensions: 32 }));
    expect([own.data[0]?.embedding.length, asked.data[0]?.embedding.length]).toEqual([64, 32]);
  });

  it('takes token numbers for text', async () => {
    const { client, clock } = await setUpInVirtualTime();
    const one = await clock.run(client.embeddings.create({ model, input: [5, 6, 7] }));
    const two = await clock.run(client.embeddings.create({ model, input: [[5], [6, 7]] }));
    expect([one.data.length, one.usage.prompt_tokens, two.data.length, two.usage.prompt_tokens]).toEqual([1, 3, 2, 3]);
  });
});

describe('the journal', () => {
  it('counts attempts at the same work within a trace, and tells different work apart', async () => {
    const { post, calls, inject, heal } = await setUpInVirtualTime();
    await inject('errors', 'errorShare', { share: 1, status: 503 });
    const embed = (input: string, hex: string): Promise<Response> =>
      post('/v1/embeddings', { model, input }, { traceparent: trace(hex), 'x-work-class': 'batch' });
    await embed('one', 'a');
    await embed('one', 'a');
    await embed('two', 'a');
    await embed('one', 'b');
    await post('/v1/chat/completions', { model, messages }, { 'x-work-class': 'nonsense' });
    await heal('errors');
    const seen = await calls();
    expect(seen.map((call) => call.attempt)).toEqual([1, 2, 1, 1, 1]);
    expect(seen[0]?.operation).toMatch(/^embeddings\/[0-9a-f]{1,8}$/);
    expect(seen[0]?.operation).not.toBe(seen[2]?.operation);
    expect(seen[4]?.operation).toMatch(/^chat\/[0-9a-f]{1,8}$/);
    expect(seen.map((call) => call.workClass)).toEqual(['batch', 'batch', 'batch', 'batch', null]);
    expect(seen.every((call) => call.outcome === 'unavailable' && call.fault === 'errors')).toBe(true);
  });

  it('has the tokens, the times and the figures of a call', async () => {
    const { client, clock, calls } = await setUpInVirtualTime();
    const answer = await clock.run(client.chat.completions.create({ model, messages }));
    const [call] = await calls();
    expect(call).toMatchObject({ outcome: 'ok', status: 200, tokens: answer.usage?.total_tokens, receivedMs: 0 });
    expect(call?.endedMs).toBeCloseTo(clock.now(), 6);
    expect(call?.figures).toMatchObject({
      promptTokens: answer.usage?.prompt_tokens,
      outputTokens: 32,
      preemptions: 0,
    });
    expect(call?.figures['firstTokenMs']).toBeCloseTo(8, 0);
    expect(call?.figures['timePerOutputTokenMs']).toBeCloseTo(7.33, 1);
  });

  it('calls a call aborted when the client hung up, and frees what it held', async () => {
    const { client, clock, calls, state } = await setUpInVirtualTime();
    const controller = new AbortController();
    const request = { model, messages, stream: true } as const;
    const waiting = client.chat.completions.create({ model, messages }, { signal: controller.signal });
    waiting.catch(() => undefined);
    const stream = await client.chat.completions.create(request);
    const first = await clock.run(stream[Symbol.asyncIterator]().next());
    expect(first.done).toBe(false);
    expect(await state()).toMatchObject({ running: 2 });
    stream.controller.abort();
    controller.abort();
    await clock.advance(0);
    expect(await state()).toMatchObject({ running: 0, kvBlocksUsed: 0 });
    const seen = await calls();
    expect(seen.map((call) => [call.outcome, call.status, call.endedMs])).toEqual([
      ['aborted', null, clock.now()],
      ['aborted', null, clock.now()],
    ]);
    await expect(waiting).rejects.toThrow();
  });

  it('notices when only the body of a stream is let go', async () => {
    const { post, clock, calls, state } = await setUpInVirtualTime();
    const response = await post('/v1/chat/completions', { model, messages, stream: true });
    await clock.advance(50);
    await response.body?.cancel();
    expect(await state()).toMatchObject({ running: 0, kvBlocksUsed: 0 });
    expect((await calls())[0]).toMatchObject({ outcome: 'aborted', endedMs: 50 });
  });

  it('keeps what is no work apart', async () => {
    const { get, calls } = await setUpInVirtualTime();
    expect((await get('/health')).status).toBe(200);
    expect(await (await get('/v1/models')).json()).toMatchObject({ object: 'list', data: [{ id: 'gameday-8b' }, {}] });
    expect((await get('/metrics')).status).toBe(200);
    expect((await calls()).map((call) => [call.operation, call.outcome])).toEqual([
      [null, 'ok'],
      [null, 'ok'],
      [null, 'ok'],
    ]);
  });
});

describe('strictness', () => {
  it.each([
    { name: 'another path', path: '/v1/completions', body: { model }, status: 404, shows: 'POST /v1/chat/completions' },
    { name: 'no messages', path: '/v1/chat/completions', body: { model }, status: 400, shows: 'messages' },
    { name: 'no model', path: '/v1/embeddings', body: { input: 'x' }, status: 400, shows: 'model' },
    { name: 'an empty input', path: '/v1/embeddings', body: { model, input: [] }, status: 400, shows: 'input' },
    {
      name: 'several answers',
      path: '/v1/chat/completions',
      body: { model, messages, n: 2 },
      status: 400,
      shows: 'n:',
    },
  ])('answers $name with what was expected, and journals it as unexpected', async ({ path, body, status, shows }) => {
    const { post, calls } = await setUpInVirtualTime();
    const response = await post(path, body);
    const answer = (await response.json()) as { error: { message: string; type: string; code: string } };
    expect(response.status).toBe(status);
    expect(answer.error.message).toContain(shows);
    expect(answer.error.type).toBe('invalid_request_error');
    expect(typeof answer.error.code).toBe('string');
    expect(await calls()).toMatchObject([{ outcome: 'unexpected', status, path }]);
  });

  it('refuses a body that is no JSON, and a method that is none of its own', async () => {
    const { part, calls, get } = await setUpInVirtualTime();
    const body = await part.fetch(new Request(`${origin}/v1/embeddings`, { method: 'POST', body: '{"model"' }));
    expect(body.status).toBe(400);
    expect((await get('/v1/embeddings')).status).toBe(404);
    expect((await calls()).map((call) => call.outcome)).toEqual(['unexpected', 'unexpected']);
  });

  it('refuses a prompt beyond the context, as a client expects it', async () => {
    const { client, clock, calls } = await setUpInVirtualTime({ engine: { maxModelTokens: 50 } });
    const refused = await clock.run(
      client.chat.completions.create({ model, messages }).catch((cause: unknown) => cause),
    );
    expect(refused).toBeInstanceOf(OpenAI.BadRequestError);
    expect(refused).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
    const long = await clock.run(
      client.embeddings.create({ model, input: 'x'.repeat(400) }).catch((cause: unknown) => cause),
    );
    expect(long).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' });
    expect((await calls()).map((call) => call.outcome)).toEqual(['rejected', 'rejected']);
  });

  it('answers 503 beyond the longest queue, where there is one', async () => {
    const { post, calls } = await setUpInVirtualTime({ engine: { maxSequences: 1, maxQueuedRequests: 0 } });
    void post('/v1/chat/completions', { model, messages });
    await new Promise((resolve) => setImmediate(resolve));
    const refused = await post('/v1/chat/completions', { model, messages });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'server_is_overloaded' } });
    expect((await calls()).map((call) => call.outcome)).toContain('unavailable');
  });

  it('lists every mistake in its settings', async () => {
    const wrong = setUpInVirtualTime({ answerTokens: 0, engine: { kvBlocks: -1 } });
    await expect(wrong).rejects.toMatchObject({
      code: 'bad-config',
      problems: [expect.stringContaining('engine.kvBlocks'), expect.stringContaining('answerTokens')] as unknown,
    });
  });
});
