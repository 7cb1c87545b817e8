import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { startBench } from '../../support.ts';
import { answer, bedrockService, pieces, serve } from './servers.ts';
import { came, expectAtWork, faulted, isPendingAfter, type Came, type Toxic } from './support.ts';

// Nearly all of it is waiting, for clients that wait.
vi.setConfig({ maxConcurrency: 20 });

const asked = { modelId: 'test', messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] };

/** The client on HTTP/1.1: by default it speaks HTTP/2. */
function client(
  url: string,
  { maxAttempts = 1, socketTimeout = 0 }: { maxAttempts?: number; socketTimeout?: number } = {},
): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    ...{ endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'id', secretAccessKey: 'key' }, maxAttempts },
    requestHandler: new NodeHttpHandler({ socketTimeout }),
  });
}

/** A stream, read event by event. */
function iterate(bedrock: BedrockRuntimeClient): Promise<Came> {
  return came(async (so) => {
    const { stream } = await bedrock.send(new ConverseStreamCommand(asked));
    for await (const event of stream ?? []) {
      so.text += event.contentBlockDelta?.delta?.text ?? '';
      so.reason = event.messageStop?.stopReason ?? so.reason;
    }
  });
}

function ask(bedrock: BedrockRuntimeClient): Promise<Came> {
  return came(async (so) => {
    const { output } = await bedrock.send(new ConverseCommand(asked));
    so.text = output?.message?.content?.[0]?.text ?? 'undefined';
  });
}

const whole = { text: answer, reason: 'end_turn', error: null };
const first = (count: number): string => pieces.slice(0, count).join('');
const aborted = 'Error: aborted';
const truncated = 'Error: Truncated event message received.';
/** One event comes before the text: so many come before the third piece of it. */
const events = 3;

const streams: readonly (readonly [name: string, toxic: Toxic, seen: Partial<Came>])[] = [
  ['a late first token', { type: 'stream_late', attributes: { delay: 60 } }, whole],
  ['slow tokens', { type: 'stream_slow', attributes: { delay: 100 } }, whole],
  ['a stall that ends', { type: 'stream_stall', attributes: { events, stall: 100 } }, whole],
  ['bytes in pieces, also inside a frame', { type: 'slicer', attributes: { average_size: 7 } }, whole],
  [
    'an end between two events: a success with half the text',
    { type: 'stream_cut', attributes: { events, how: 'end' } },
    { text: first(2), reason: null, error: null },
  ],
  [
    'nothing in the stream: a success without text',
    { type: 'stream_cut', attributes: { events: 0, how: 'end' } },
    { text: '', reason: null, error: null },
  ],
  [
    'a failure hidden behind messageStop: a success with half the text',
    { type: 'stream_cut', attributes: { events, how: 'done' } },
    { text: first(2), reason: 'end_turn', error: null },
  ],
  [
    'an end inside a frame',
    { type: 'stream_cut', attributes: { events, where: 'event', how: 'end' } },
    { text: first(2), error: truncated },
  ],
  [
    'an end inside a character, and not inside bytes of a checksum that look like one',
    { type: 'stream_cut', attributes: { events: 0, where: 'character', how: 'end' } },
    { text: first(1), error: truncated },
  ],
  [
    'a connection closed',
    { type: 'stream_cut', attributes: { events, how: 'close' } },
    { text: first(2), error: aborted, code: 'ECONNRESET' },
  ],
  ['a connection reset', { type: 'stream_cut', attributes: { events, how: 'reset' } }, { error: aborted }],
  ['no messageStop', { type: 'stream_unfinished' }, { text: answer, reason: null, error: null }],
  [
    'no stopReason',
    { type: 'stream_unfinished', attributes: { missing: 'reason' } },
    { text: answer, reason: null, error: null },
  ],
  ['a lost event', { type: 'stream_drop', attributes: { event: 3 } }, { text: 'Good to you', error: null }],
  [
    'an event twice',
    { type: 'stream_duplicate', attributes: { event: 3 } },
    { text: 'Good grüße grüße to you', error: null },
  ],
  [
    'events in another order',
    { type: 'stream_reorder', attributes: { event: 3 } },
    { text: 'Good to grüße you', error: null },
  ],
  [
    'an event that is no JSON, in a frame that is in order',
    { type: 'stream_garble', attributes: { event: 3 } },
    { text: first(1), error: expect.stringMatching(/^SyntaxError: /) as string },
  ],
  [
    'an exception after status 200',
    { type: 'stream_error', attributes: { events } },
    { text: first(2), error: 'ServiceUnavailableException: The request could not be completed.' },
  ],
  ...(
    [
      ['internalServerException', 'InternalServerException: The request could not be completed.'],
      ['modelStreamErrorException', 'ModelStreamErrorException: The request could not be completed.'],
      ['throttlingException', 'ThrottlingException: Too many requests, please wait before trying again.'],
      ['validationException', 'ValidationException: The request could not be completed.'],
    ] as const
  ).map(
    ([code, error]) =>
      [
        `a ${code} after status 200`,
        { type: 'stream_error', attributes: { events, vendor: 'bedrock', code } },
        { text: first(2), error },
      ] as const,
  ),
];

describe.concurrent('a stream of the client of Bedrock', () => {
  it.each(streams)('has this of %s', async (_name, toxic, seen) => {
    await using service = await faulted(serve(bedrockService), toxic);
    // With retries allowed: a stream of which one event has been read is never retried.
    const stream = await iterate(client(service.url, { maxAttempts: 3 }));
    expect(stream).toMatchObject(seen);
    await expectAtWork(service, { toxic, service: bedrockService, streams: [stream] });
  });

  it('is asked for again when the connection is closed before its first event', async () => {
    await using service = await faulted(serve(bedrockService), {
      ...{ type: 'stream_cut', attributes: { events: 0, how: 'close', times: 1 } },
    });
    expect(await iterate(client(service.url, { maxAttempts: 3 }))).toMatchObject(whole);
    expect(await service.requests()).toEqual({ seen: 2, altered: 1 });
  });

  it('that stalls is waited for by a client that has no socketTimeout', async () => {
    await using service = await faulted(serve(bedrockService), { type: 'stream_stall', attributes: { events } });
    const waiting = iterate(client(service.url));
    expect(await isPendingAfter(waiting, 1000)).toBe(true);
    await service.heal();
    expect(await waiting).toMatchObject(whole);
  });

  it('of nothing but heartbeats is waited for beyond the socketTimeout of a client, which passes over them', async () => {
    const toxic = { type: 'stream_heartbeat', attributes: { events, interval: 50 } };
    await using service = await faulted(serve(bedrockService), toxic);
    const waiting = iterate(client(service.url, { socketTimeout: 1000 }));
    expect(await isPendingAfter(waiting, 2000)).toBe(true);
    const { bytesAdded } = await service.bench.receipt('service', 'fault');
    expect(bytesAdded).toBeGreaterThan(1000);
    await service.heal();
    // What was dropped meanwhile is missing: the connection ends with it.
    expect(await waiting).toMatchObject({ text: first(2), error: aborted });
    expect(await service.requests()).toEqual({ seen: 1, altered: 1 });
  });

  it('that stalls is given up by a client that has one', async () => {
    await using service = await faulted(serve(bedrockService), { type: 'stream_stall', attributes: { events } });
    const seen = await iterate(client(service.url, { socketTimeout: 1000 }));
    expect(seen.text).toBe(first(2));
    expect(seen.error).toMatch(/^TimeoutError: .*1000 ms of inactivity/);
  });
});

const status = (attributes: Toxic['attributes']): Toxic => ({
  type: 'http_status',
  attributes: { vendor: 'bedrock', ...attributes },
});

describe.concurrent('the client of Bedrock', () => {
  it.each([
    [400, '', 'ValidationException', 1],
    [400, 'ServiceQuotaExceededException', 'ServiceQuotaExceededException', 1],
    [403, '', 'AccessDeniedException', 1],
    [404, '', 'ResourceNotFoundException', 1],
    [408, '', 'ModelTimeoutException', 1],
    [424, '', 'ModelErrorException', 1],
    [424, 'ModelStreamErrorException', 'ModelStreamErrorException', 1],
    [429, '', 'ThrottlingException', 2],
    [429, 'ModelNotReadyException', 'ModelNotReadyException', 2],
    [500, '', 'InternalServerException', 2],
    [503, '', 'ServiceUnavailableException', 2],
  ])('takes %i %s for %s, and of two attempts makes so many', async (code, type, name, attempts) => {
    await using service = await faulted(serve(bedrockService), status({ status: code, code: type }));
    const seen = await ask(client(service.url, { maxAttempts: 2 }));
    expect(seen).toMatchObject({ status: code });
    expect(seen.error).toMatch(new RegExp(`^${name}: `));
    expect(await service.requests()).toEqual({ seen: attempts, altered: attempts });
  });

  it('does not know what an edge says, and retries it by its status', async () => {
    await using service = await faulted(serve(bedrockService), status({ status: 502, vendor: 'edge' }));
    const seen = await ask(client(service.url, { maxAttempts: 2 }));
    expect(seen).toMatchObject({ status: 502, error: expect.stringMatching(/^SyntaxError: /) as string });
    expect(await service.requests()).toMatchObject({ seen: 2 });
  });

  // Its own wait is any part of a second: only what makes it longer can be seen.
  it.each([
    ['retry-after: 1', { retry_after: '1' }, 990],
    ['retry-after: 30 days, of which it takes five seconds', { retry_after: '2592000' }, 4990],
    ['x-amz-retry-after: 1500', { headers: 'x-amz-retry-after: 1500' }, 1490],
  ])('waits when a 429 has %s', async (_name, attributes, fromMs) => {
    await using service = await faulted(serve(bedrockService), status({ status: 429, times: 1, ...attributes }));
    const bedrock = client(service.url, { maxAttempts: 2 });
    const startMs = performance.now();
    expect(await ask(bedrock)).toMatchObject({ text: answer });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(fromMs);
  });

  it.each([['0'], ['-5'], ['date-30'], ['soon']])('gets over a 429 with retry-after: %s', async (retry_after) => {
    await using service = await faulted(serve(bedrockService), status({ status: 429, times: 1, retry_after }));
    expect(await ask(client(service.url, { maxAttempts: 2 }))).toMatchObject({ text: answer, error: null });
    expect(await service.requests()).toEqual({ seen: 2, altered: 1 });
  });

  it('does not obey x-should-retry', async () => {
    await using service = await faulted(
      serve(bedrockService),
      status({ status: 503, times: 1, headers: 'x-should-retry: false' }),
    );
    expect(await ask(client(service.url, { maxAttempts: 2 }))).toMatchObject({ text: answer });
  });

  it.each([
    ['an empty 200', { body: '', vendor: '' }, { text: 'undefined', error: null }],
    ['half a JSON', { body: '{"output":{"mess' }, { error: expect.stringMatching(/^SyntaxError: /) as string }],
  ])('takes %s without retrying', async (_name, attributes, seen) => {
    await using service = await faulted(serve(bedrockService), status({ status: 200, ...attributes }));
    expect(await ask(client(service.url, { maxAttempts: 2 }))).toMatchObject(seen);
    expect(await service.requests()).toMatchObject({ seen: 1 });
  });

  it.each([
    ['closed in the middle', { type: 'http_cut', attributes: { bytes: 40 } }, aborted, 2],
    ['reset in the middle', { type: 'http_cut', attributes: { bytes: 40, how: 'reset' } }, aborted, 2],
    ['shorter than it says', { type: 'http_length', attributes: { difference: 5 } }, aborted, 2],
    ['ended in the middle', { type: 'http_cut', attributes: { bytes: 40, how: 'end' } }, /^SyntaxError: /, 1],
    ['longer than it says', { type: 'http_length', attributes: { difference: -5 } }, /^SyntaxError: /, 1],
  ] as const)('of a body %s has an error, and of two attempts makes so many', async (_name, toxic, error, attempts) => {
    await using service = await faulted(serve(bedrockService), toxic);
    expect((await ask(client(service.url, { maxAttempts: 2 }))).error).toMatch(error);
    expect(await service.requests()).toEqual({ seen: attempts, altered: attempts });
  });

  it('gives up a head that comes later than its socketTimeout, and retries', async () => {
    await using service = await faulted(serve(bedrockService), { type: 'http_latency', attributes: { latency: 5000 } });
    const seen = await ask(client(service.url, { maxAttempts: 2, socketTimeout: 500 }));
    expect(seen.error).toMatch(/^TimeoutError: .*500 ms of inactivity/);
    expect(await service.requests()).toMatchObject({ seen: 2 });
  });
});

/** The client as it comes, which speaks HTTP/2, to any endpoint and without asking. */
function clientAsItComes(url: string): BedrockRuntimeClient {
  const credentials = { accessKeyId: 'id', secretAccessKey: 'key' };
  return new BedrockRuntimeClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

describe('the client of Bedrock as it comes', () => {
  it('is not understood by a server of HTTP/1.1', async () => {
    await using service = await faulted(serve(bedrockService), { type: 'noop' });
    const bedrock = clientAsItComes(service.url);
    service.bench.cleanup.add('client', () => bedrock.destroy());
    expect(await iterate(bedrock)).toMatchObject({ error: 'NghttpError: Protocol error', code: 'ERR_HTTP2_ERROR' });
  });

  it('has whole answers from a server of HTTP/2 whatever fault of requests there is, and the receipt says that none was seen', async () => {
    await using bench = await startBench();
    const server = createHttp2Server((_request, response) => {
      response.writeHead(200, { 'content-type': bedrockService.contentType });
      response.end(Buffer.concat(bedrockService.events));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    bench.cleanup.add('server', () => void server.close());
    const port = await bench.proxy('service', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    await bench.toxic('service', { name: 'fault', ...status({ status: 503 }) });
    const bedrock = clientAsItComes(`http://127.0.0.1:${port}`);
    bench.cleanup.add('client', () => bedrock.destroy());
    expect(await iterate(bedrock)).toMatchObject(whole);
    expect(await bench.receipt('service', 'fault')).toMatchObject({
      ...{ connectionsSeen: 1, connectionsAltered: 0, requestsSeen: 0, requestsAltered: 0 },
    });
  });
});
