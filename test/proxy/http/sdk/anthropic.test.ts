import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it, vi } from 'vitest';
import { likeGeneratedClients, terminated } from './generated-clients.ts';
import { anthropicService, answer, pieces, serve } from './servers.ts';
import { came, expectAtWork, faulted, isPendingAfter, watchedFetch, type Came, type Toxic } from './support.ts';

// Nearly all of it is waiting, for clients that wait.
vi.setConfig({ maxConcurrency: 20 });

const asked = { model: 'claude-test', max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hello' }] };

function client(
  url: string,
  settings: { maxRetries?: number; timeout?: number; fetch?: typeof fetch } = {},
): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'key', authToken: null, logLevel: 'off', maxRetries: 0, ...settings });
}

/** A stream, read event by event. */
function iterate(anthropic: Anthropic): Promise<Came> {
  return came(async (so) => {
    for await (const event of await anthropic.messages.create({ ...asked, stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') so.text += event.delta.text;
      if (event.type === 'message_delta') so.reason = event.delta.stop_reason;
    }
  });
}

/** A stream, read to its end by the client's helper. */
function complete(anthropic: Anthropic): Promise<Came> {
  return came(async (so) => {
    const { content, stop_reason } = await anthropic.messages.stream(asked).finalMessage();
    so.text = textOf(content);
    so.reason = stop_reason;
  });
}

function ask(anthropic: Anthropic): Promise<Came> {
  return came(async (so) => {
    const message = (await anthropic.messages.create(asked)) as Anthropic.Message | undefined;
    so.text = message ? textOf(message.content) : 'undefined';
  });
}

function textOf(content: readonly Anthropic.ContentBlock[]): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

const whole = { text: answer, reason: 'end_turn', error: null };
const first = (count: number): string => pieces.slice(0, count).join('');
const unfinished = 'AnthropicError: stream ended without producing a Message with role=assistant';
/** Three events come before the text: so many come before the third piece of it. */
const events = 5;

const streams: readonly (readonly [name: string, toxic: Toxic, iterated: Partial<Came>, completed: Partial<Came>])[] = [
  ['a late first token', { type: 'stream_late', attributes: { delay: 60 } }, whole, whole],
  ['slow tokens', { type: 'stream_slow', attributes: { delay: 100 } }, whole, whole],
  ['a stall that ends', { type: 'stream_stall', attributes: { events, stall: 100 } }, whole, whole],
  ['bytes in pieces, also inside a character', { type: 'slicer', attributes: { average_size: 3 } }, whole, whole],
  ...(['between', 'event'] as const).map(
    (where) =>
      [
        `an end (${where}): a success with half the text for who iterates`,
        { type: 'stream_cut', attributes: { events, where, how: 'end' } },
        { text: first(2), reason: null, error: null },
        { error: unfinished },
      ] as const,
  ),
  [
    'an end inside a character',
    { type: 'stream_cut', attributes: { events: 0, where: 'character', how: 'end' } },
    { text: first(1), reason: null, error: null },
    { error: unfinished },
  ],
  [
    'a gateway that hides a failure behind message_stop: a success with half the text',
    { type: 'stream_cut', attributes: { events, how: 'done' } },
    { text: first(2), reason: null, error: null },
    { text: first(2), reason: null, error: null },
  ],
  [
    'a stream without an event',
    { type: 'stream_cut', attributes: { events: 0, how: 'end' } },
    { text: '', error: null },
    { error: 'AnthropicError: request ended without sending any chunks' },
  ],
  [
    'a connection closed',
    { type: 'stream_cut', attributes: { events, how: 'close' } },
    { text: first(2), error: terminated },
    { error: 'AnthropicError: terminated' },
  ],
  [
    'a connection reset',
    { type: 'stream_cut', attributes: { events, how: 'reset' } },
    { error: terminated },
    { error: 'AnthropicError: terminated' },
  ],
  ['no message_stop', { type: 'stream_unfinished' }, whole, { error: unfinished }],
  [
    'no stop_reason',
    { type: 'stream_unfinished', attributes: { missing: 'reason' } },
    { text: answer, reason: null, error: null },
    { text: answer, reason: null, error: null },
  ],
  [
    'no message_start',
    { type: 'stream_drop', attributes: { event: 1 } },
    whole,
    { error: 'AnthropicError: request ended without sending any chunks' },
  ],
  [
    'a lost event: a success with a hole in the text',
    { type: 'stream_drop', attributes: { event: 5 } },
    { text: 'Good to you', error: null },
    { text: 'Good to you', error: null },
  ],
  [
    'an event twice',
    { type: 'stream_duplicate', attributes: { event: 5 } },
    { text: 'Good grüße grüße to you', error: null },
    { text: 'Good grüße grüße to you', error: null },
  ],
  [
    'events in another order',
    { type: 'stream_reorder', attributes: { event: 5 } },
    { text: 'Good to grüße you', error: null },
    { text: 'Good to grüße you', error: null },
  ],
  [
    'a beginning in another order',
    { type: 'stream_reorder', attributes: { event: 1 } },
    whole,
    { error: expect.stringMatching(/^AnthropicError: /) as string },
  ],
  [
    'an event that is no JSON',
    { type: 'stream_garble', attributes: { event: 5 } },
    { text: first(1), error: expect.stringMatching(/^SyntaxError: /) as string },
    { error: expect.stringMatching(/^AnthropicError: .*JSON/) as string },
  ],
  [
    'an error in the stream, as Anthropic says it',
    { type: 'stream_error', attributes: { events, vendor: 'anthropic' } },
    { text: first(2), type: 'overloaded_error', error: expect.stringMatching(/^APIError: .*Overloaded/) as string },
    { error: expect.stringMatching(/^APIError: .*Overloaded/) as string },
  ],
  [
    'an error that is not its own: a success for who iterates',
    { type: 'stream_error', attributes: { events, vendor: 'openai' } },
    { text: first(2), reason: null, error: null },
    { error: unfinished },
  ],
];

describe.concurrent('a stream of the client of Anthropic', () => {
  it.each(streams)('has this of %s', async (_name, toxic, iterated, completed) => {
    await using service = await faulted(serve(anthropicService), toxic);
    // With retries allowed: what has begun is never retried.
    const anthropic = client(service.url, { maxRetries: 2 });
    const streams = [await iterate(anthropic), await complete(anthropic)];
    expect(streams).toMatchObject([iterated, completed]);
    await expectAtWork(service, { toxic, service: anthropicService, streams });
  });

  it.each([
    ['that stalls', { type: 'stream_stall', attributes: { events } }, answer],
    ['of nothing but pings', { type: 'stream_heartbeat', attributes: { events, interval: 50, as: 'ping' } }, first(2)],
    ['of nothing but comments', { type: 'stream_heartbeat', attributes: { events, interval: 50 } }, first(2)],
  ])('%s is waited for beyond every time-out of the client', async (_name, toxic, text) => {
    await using service = await faulted(serve(anthropicService), toxic);
    const waiting = iterate(client(service.url, { timeout: 1000 }));
    expect(await isPendingAfter(waiting, 1500)).toBe(true);
    await service.heal();
    // What was dropped meanwhile is missing: the connection ends with it.
    expect(await waiting).toMatchObject({ error: toxic.type === 'stream_stall' ? null : terminated, text });
  });
});

const status = (attributes: Toxic['attributes']): Toxic => ({
  type: 'http_status',
  attributes: { vendor: 'anthropic', ...attributes },
});

describe.concurrent('the client of Anthropic', () => {
  it.each([
    [400, 'BadRequestError', 'invalid_request_error'],
    [401, 'AuthenticationError', 'authentication_error'],
    [402, 'PaymentRequiredError', 'billing_error'],
    [403, 'PermissionDeniedError', 'permission_error'],
    [404, 'NotFoundError', 'not_found_error'],
    [409, 'ConflictError', 'conflict_error'],
    [413, 'ContentTooLargeError', 'request_too_large'],
    [429, 'RateLimitError', 'rate_limit_error'],
    [500, 'InternalServerError', 'api_error'],
    [529, 'OverloadedError', 'overloaded_error'],
  ])('takes %i for %s of type %s', async (code, name, type) => {
    await using service = await faulted(serve(anthropicService), status({ status: code }));
    const seen = await ask(client(service.url));
    expect(seen).toMatchObject({ status: code, type });
    expect(seen.error).toMatch(new RegExp(`^${name}: ${code} `));
  });

  it('retries what is not worth it: a limit of money, which has no retry-after and says what it is', async () => {
    await using service = await faulted(
      serve(anthropicService),
      status({ status: 429, code: 'enforced_spend_limit_reached' }),
    );
    const seen = await ask(client(service.url, { maxRetries: 1 }));
    expect(seen).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(seen.error).toContain('"details":{"error_code":"enforced_spend_limit_reached"}');
    expect(await service.requests()).toEqual({ seen: 2, altered: 2 });
  });

  it.each([
    [404, {}, 1],
    [408, {}, 3],
    [409, {}, 3],
    [429, { headers: 'x-should-retry: false' }, 1],
    [400, { headers: 'x-should-retry: true' }, 3],
    [502, { vendor: 'edge' }, 3],
    [529, {}, 3],
  ])('answered %i with %j sends %i requests', async (code, more, requests) => {
    await using service = await faulted(serve(anthropicService), status({ status: code, ...more }));
    expect(await ask(client(service.url, { maxRetries: 2 }))).toMatchObject({ status: code });
    expect(await service.requests()).toMatchObject({ seen: requests });
  });

  // What makes no sense is passed over for its own half a second, less up to a quarter.
  it.each([
    ['nothing', { retry_after: 'none' }, 370],
    ['1', { retry_after: '1' }, 990],
    ['a date two seconds on', { retry_after: 'date+2' }, 800],
    ['0', { retry_after: '0' }, 370],
    ['-5', { retry_after: '-5' }, 370],
    ['a date that is past', { retry_after: 'date-30' }, 370],
    ['soon', { retry_after: 'soon' }, 370],
    ['30 days', { retry_after: '2592000' }, 370],
    ['5 seconds, and in milliseconds 700', { retry_after: '5', headers: 'retry-after-ms: 700' }, 690],
    ['1 second, and in milliseconds 0', { retry_after: '1', headers: 'retry-after-ms: 0' }, 990],
  ])('waits, told to retry after: %s', async (_name, attributes, fromMs) => {
    await using service = await faulted(serve(anthropicService), status({ status: 429, times: 1, ...attributes }));
    const { fetch, gapsMs } = watchedFetch();
    expect(await ask(client(service.url, { maxRetries: 2, fetch }))).toMatchObject({ text: answer });
    expect(gapsMs).toHaveLength(1);
    expect(gapsMs[0]).toBeGreaterThanOrEqual(fromMs);
    expect(gapsMs[0]).toBeLessThan(fromMs + 2000);
  });

  it.each([
    ['an empty 200', { headers: 'content-type: application/json', vendor: '' }, { text: 'undefined', error: null }],
    [
      'half a JSON',
      { headers: 'content-type: application/json', body: '{"id":"msg' },
      { error: expect.stringMatching(/^SyntaxError: /) as string },
    ],
  ])('takes %s without retrying', async (_name, attributes, seen) => {
    await using service = await faulted(serve(anthropicService), status({ status: 200, ...attributes }));
    expect(await ask(client(service.url, { maxRetries: 2 }))).toMatchObject(seen);
    expect(await service.requests()).toMatchObject({ seen: 1 });
  });
});

likeGeneratedClients('Anthropic', anthropicService, (url, settings) => ask(client(url, settings)));
