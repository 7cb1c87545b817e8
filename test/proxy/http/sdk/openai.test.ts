import OpenAI from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { likeGeneratedClients, terminated } from './generated-clients.ts';
import { answer, openaiService, pieces, serve } from './servers.ts';
import { came, expectAtWork, faulted, isPendingAfter, watchedFetch, type Came, type Toxic } from './support.ts';

// Nearly all of it is waiting, for clients that wait.
vi.setConfig({ maxConcurrency: 20 });

const messages = [{ role: 'user' as const, content: 'Hello' }];

/** The client as it is but for its retries, and for its time-out where a test says so. */
function client(url: string, settings: { maxRetries?: number; timeout?: number; fetch?: typeof fetch } = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', logLevel: 'off', maxRetries: 0, ...settings });
}

/** A stream, read piece by piece. */
function iterate(openai: OpenAI): Promise<Came> {
  return came(async (so) => {
    const stream = await openai.chat.completions.create({ model: 'gpt-test', messages, stream: true });
    for await (const chunk of stream) {
      // What is no chunk at all comes out here, too.
      const [choice] = (chunk.choices as typeof chunk.choices | undefined) ?? [];
      so.text += choice?.delta.content ?? '';
      so.reason = choice?.finish_reason ?? so.reason;
    }
  });
}

/** A stream, read to its end by the client's helper. */
function complete(openai: OpenAI): Promise<Came> {
  return came(async (so) => {
    const completion = await openai.chat.completions.stream({ model: 'gpt-test', messages }).finalChatCompletion();
    so.text = completion.choices[0]?.message.content ?? '';
    so.reason = completion.choices[0]?.finish_reason ?? null;
  });
}

function ask(openai: OpenAI): Promise<Came> {
  return came(async (so) => {
    const completion = (await openai.chat.completions.create({ model: 'gpt-test', messages })) as
      OpenAI.ChatCompletion | string | undefined;
    so.text = typeof completion === 'object' ? (completion.choices[0]?.message.content ?? '') : String(completion);
  });
}

const whole = { text: answer, reason: 'stop', error: null };
const first = (count: number): string => pieces.slice(0, count).join('');

const streams: readonly (readonly [name: string, toxic: Toxic, iterated: Partial<Came>, completed: Partial<Came>])[] = [
  ['a late first token', { type: 'stream_late', attributes: { delay: 60 } }, whole, whole],
  ['slow tokens', { type: 'stream_slow', attributes: { delay: 100 } }, whole, whole],
  ['a stall that ends', { type: 'stream_stall', attributes: { events: 2, stall: 100 } }, whole, whole],
  ['bytes in pieces, also inside a character', { type: 'slicer', attributes: { average_size: 3 } }, whole, whole],
  [
    'an end between two events: a success with half the text for who iterates',
    { type: 'stream_cut', attributes: { events: 2, how: 'end' } },
    { text: first(2), reason: null, error: null },
    { error: 'OpenAIError: missing finish_reason for choice 0' },
  ],
  [
    'an end inside an event: half of it is dropped',
    { type: 'stream_cut', attributes: { events: 2, where: 'event', how: 'end' } },
    { text: first(2), reason: null, error: null },
    { error: 'OpenAIError: missing finish_reason for choice 0' },
  ],
  [
    'an end inside a character',
    { type: 'stream_cut', attributes: { events: 0, where: 'character', how: 'end' } },
    { text: first(1), reason: null, error: null },
    { error: 'OpenAIError: missing finish_reason for choice 0' },
  ],
  [
    'a gateway that hides a failure behind [DONE]',
    { type: 'stream_cut', attributes: { events: 2, how: 'done' } },
    { text: first(2), reason: null, error: null },
    { error: 'OpenAIError: missing finish_reason for choice 0' },
  ],
  [
    'nothing but [DONE]: a success without text',
    { type: 'stream_cut', attributes: { events: 0, how: 'done' } },
    { text: '', reason: null, error: null },
    { error: 'OpenAIError: request ended without sending any chunks' },
  ],
  ...(['between', 'event'] as const).map(
    (where) =>
      [
        `a connection closed (${where})`,
        { type: 'stream_cut', attributes: { events: 2, where, how: 'close' } },
        { text: first(2), error: terminated },
        { error: 'OpenAIError: terminated' },
      ] as const,
  ),
  [
    'a connection reset',
    { type: 'stream_cut', attributes: { events: 2, how: 'reset' } },
    { error: terminated },
    { error: 'OpenAIError: terminated' },
  ],
  ['no [DONE]', { type: 'stream_unfinished' }, whole, whole],
  [
    'no finish_reason, but [DONE]',
    { type: 'stream_unfinished', attributes: { missing: 'reason' } },
    { text: answer, reason: null, error: null },
    { error: 'OpenAIError: missing finish_reason for choice 0' },
  ],
  [
    'no first event, and so no role',
    { type: 'stream_drop', attributes: { event: 1 } },
    { text: pieces.slice(1).join(''), reason: 'stop', error: null },
    { error: 'OpenAIError: missing role for choice 0' },
  ],
  [
    'a lost event: a success with a hole in the text',
    { type: 'stream_drop', attributes: { event: 2 } },
    { text: 'Good to you', reason: 'stop', error: null },
    { text: 'Good to you', reason: 'stop', error: null },
  ],
  [
    'an event twice',
    { type: 'stream_duplicate', attributes: { event: 2 } },
    { text: 'Good grüße grüße to you', reason: 'stop', error: null },
    { text: 'Good grüße grüße to you', reason: 'stop', error: null },
  ],
  [
    'events in another order',
    { type: 'stream_reorder', attributes: { event: 2 } },
    { text: 'Good to grüße you', reason: 'stop', error: null },
    { text: 'Good to grüße you', reason: 'stop', error: null },
  ],
  [
    'an event that is no JSON: an error of another class than the others',
    { type: 'stream_garble', attributes: { event: 2 } },
    { text: first(1), error: expect.stringMatching(/^SyntaxError: /) as string },
    { error: expect.stringMatching(/^OpenAIError: .*JSON/) as string },
  ],
  [
    'an error in the stream, as OpenAI says it: without a status',
    { type: 'stream_error', attributes: { events: 2, vendor: 'openai' } },
    {
      ...{ text: first(2), code: 'server_is_overloaded', type: 'service_unavailable_error' },
      error: 'APIError: The server is currently overloaded. Please try again later.',
    },
    { error: 'APIError: The server is currently overloaded. Please try again later.' },
  ],
  [
    'an error without an "error" in it: a success for who iterates',
    { type: 'stream_error', attributes: { events: 2, vendor: 'openai responses' } },
    { text: first(2), reason: null, error: null },
    { error: 'OpenAIError: chunk.choices is not iterable' },
  ],
  [
    'an error as vLLM says it, with [DONE] behind it',
    { type: 'stream_error', attributes: { events: 2, vendor: 'vllm' } },
    {
      ...{ text: first(2), code: 500, type: 'InternalServerError' },
      error: expect.stringMatching(/^APIError: EngineCore encountered an issue/) as string,
    },
    { error: expect.stringMatching(/^APIError: EngineCore/) as string },
  ],
  [
    'a page of HTML with status 200: a success without text',
    {
      type: 'http_status',
      attributes: { status: 200, body: '<html>Sign in</html>', headers: 'content-type: text/html' },
    },
    { text: '', reason: null, error: null },
    { error: 'OpenAIError: request ended without sending any chunks' },
  ],
];

describe.concurrent('a stream of the client of OpenAI', () => {
  it.each(streams)('has this of %s', async (_name, toxic, iterated, completed) => {
    await using service = await faulted(serve(openaiService), toxic);
    // With retries allowed: what has begun is never retried.
    const openai = client(service.url, { maxRetries: 2 });
    const streams = [await iterate(openai), await complete(openai)];
    expect(streams).toMatchObject([iterated, completed]);
    await expectAtWork(service, { toxic, service: openaiService, streams });
  });

  it.each([
    ['that stalls', { type: 'stream_stall', attributes: { events: 2 } }],
    ['of nothing but heartbeats', { type: 'stream_heartbeat', attributes: { events: 2, interval: 50 } }],
  ])('%s is waited for beyond every time-out of the client', async (_name, toxic) => {
    await using service = await faulted(serve(openaiService), toxic);
    const waiting = iterate(client(service.url, { timeout: 1000 }));
    expect(await isPendingAfter(waiting, 1500)).toBe(true);
    await service.heal();
    // What was dropped meanwhile is missing: the connection ends with it.
    const isWhole = toxic.type === 'stream_stall';
    const seen = isWhole ? { error: null, text: answer } : { error: terminated, text: first(2) };
    expect(await waiting).toMatchObject(seen);
  });
});

const statuses = [
  [400, 'BadRequestError', 'invalid_request_error', null],
  [401, 'AuthenticationError', 'invalid_request_error', 'invalid_api_key'],
  [403, 'PermissionDeniedError', 'invalid_request_error', null],
  [404, 'NotFoundError', 'invalid_request_error', 'model_not_found'],
  [408, 'APIError', 'invalid_request_error', null],
  [409, 'ConflictError', 'invalid_request_error', null],
  [422, 'UnprocessableEntityError', 'invalid_request_error', null],
  [429, 'RateLimitError', 'requests', 'rate_limit_exceeded'],
  [500, 'InternalServerError', 'server_error', null],
  [503, 'InternalServerError', 'service_unavailable_error', 'server_is_overloaded'],
  [529, 'InternalServerError', 'server_error', null],
] as const;

const status = (attributes: Toxic['attributes']): Toxic => ({ type: 'http_status', attributes: attributes ?? {} });

describe.concurrent('the client of OpenAI', () => {
  it.each(statuses)('takes %i for %s of type %s, code %s', async (code, name, type, own) => {
    await using service = await faulted(serve(openaiService), status({ status: code, vendor: 'openai' }));
    const seen = await ask(client(service.url));
    expect(seen).toMatchObject({ status: code, type, code: own });
    expect(seen.error).toMatch(new RegExp(`^${name}: ${code} `));
    expect(service.server.asked).toEqual([]);
  });

  it.each([
    ['transient', 'slow_down', 'rate_limit_error'],
    ['for good', 'insufficient_quota', 'insufficient_quota'],
    ['for good', 'credit_balance_exhausted', 'billing'],
  ])('retries a 429, %s or not: %s', async (_what, code, type) => {
    await using service = await faulted(serve(openaiService), status({ status: 429, vendor: 'openai', code }));
    expect(await ask(client(service.url, { maxRetries: 1 }))).toMatchObject({ status: 429, code, type });
    expect(await service.requests()).toEqual({ seen: 2, altered: 2 });
  });

  it.each([
    [404, {}, 1],
    [408, {}, 3],
    [409, {}, 3],
    [429, { headers: 'x-should-retry: false' }, 1],
    [400, { headers: 'x-should-retry: true' }, 3],
    [502, { vendor: 'edge' }, 3],
    [503, {}, 3],
    [529, {}, 3],
  ])('answered %i with %j sends %i requests', async (code, more, requests) => {
    await using service = await faulted(serve(openaiService), status({ status: code, vendor: 'openai', ...more }));
    expect(await ask(client(service.url, { maxRetries: 2 }))).toMatchObject({ status: code });
    expect(await service.requests()).toMatchObject({ seen: requests });
  });

  it.each([
    ['no hint: its own half a second, less up to a quarter', { retry_after: 'none' }, 370],
    ['1', { retry_after: '1' }, 990],
    ['a date two seconds on', { retry_after: 'date+2' }, 800],
    ['1 second, and in milliseconds 0', { retry_after: '1', headers: 'retry-after-ms: 0' }, 990],
  ])('waits as it is told: %s', async (_name, attributes, fromMs) => {
    expect(await waitAfter(attributes)).toBeGreaterThanOrEqual(fromMs);
  });

  it.each([
    ['an empty 200', { headers: 'content-type: application/json' }, { text: 'undefined', error: null }],
    [
      'half a JSON',
      { headers: 'content-type: application/json', body: '{"id":"chat' },
      { error: expect.stringMatching(/^SyntaxError: /) as string },
    ],
    ['a page of HTML', { headers: 'content-type: text/html', body: '<p>Sign in</p>' }, { text: '<p>Sign in</p>' }],
  ])('takes %s without retrying', async (_name, attributes, seen) => {
    await using service = await faulted(serve(openaiService), status({ status: 200, ...attributes }));
    expect(await ask(client(service.url, { maxRetries: 2 }))).toMatchObject(seen);
    expect(await service.requests()).toMatchObject({ seen: 1 });
  });

  it('waits for a body beyond its time-out', async () => {
    await using service = await faulted(serve(openaiService), { type: 'http_slow_body', attributes: { delay: 1500 } });
    expect(await ask(client(service.url, { timeout: 1000 }))).toMatchObject({ text: answer, error: null });
  });

  it('has embeddings when a fault is for other paths, and not when it is for theirs', async () => {
    const fault = status({ status: 500, vendor: 'openai', path: '/v1/chat/*' });
    await using service = await faulted(serve(openaiService), fault);
    const openai = client(service.url);
    const embed = { model: 'embed-test', input: 'x', encoding_format: 'float' } as const;
    expect((await openai.embeddings.create(embed)).data[0]?.embedding).toEqual([1, 0]);
    expect(await ask(openai)).toMatchObject({ status: 500 });
    expect(await service.requests()).toEqual({ seen: 2, altered: 1 });
  });
});

likeGeneratedClients('OpenAI', openaiService, (url, settings) => ask(client(url, settings)));

describe('the client of OpenAI', () => {
  // One after another: all that is measured is its own wait, which would be 375 ms and more. On a machine that is busy the first may take as long.
  it.each([
    ['0', { retry_after: '0' }],
    ['-5', { retry_after: '-5' }],
    ['a date that is past', { retry_after: 'date-30' }],
    ['soon', { retry_after: 'soon' }],
    ['30 days', { retry_after: '2592000' }],
  ])('does not wait at all when it is told: %s', async (_name, attributes) => {
    let leastMs = Infinity;
    for (let tries = 0; tries < 3 && leastMs >= 350; tries++) leastMs = Math.min(leastMs, await waitAfter(attributes));
    expect(leastMs).toBeLessThan(350);
  });

  it('goes by the hint in milliseconds before the one in seconds', async () => {
    const waitedMs = await waitAfter({ retry_after: '5', headers: 'retry-after-ms: 300' });
    expect(waitedMs).toBeGreaterThanOrEqual(290);
    expect(waitedMs).toBeLessThan(4000);
  });
});

/** How long it waits with its second request after a 429, in ms. */
async function waitAfter(attributes: Toxic['attributes']): Promise<number> {
  await using service = await faulted(
    serve(openaiService),
    status({ status: 429, vendor: 'openai', times: 1, ...attributes }),
  );
  const { fetch, gapsMs } = watchedFetch();
  expect(await ask(client(service.url, { maxRetries: 2, fetch }))).toMatchObject({ text: answer });
  const [waitedMs, ...more] = gapsMs;
  expect(more).toEqual([]);
  return waitedMs ?? expect.unreachable('it sent one request only');
}
