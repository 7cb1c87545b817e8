import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/kit/deadline.ts';
import { realClock, startBench } from '../support.ts';
import { EdgeBench } from './edge-bench.ts';
import { httpBench, streaming } from './support.ts';

function hello(text = 'hello'): RequestListener {
  return (_incoming, response) => void response.end(text);
}
const events = ['data: {"n":1}\n\n', 'data: {"n":2,"text":"für"}\n\n', 'data: {"n":3}\n\n', 'data: [DONE]\n\n'];

describe('faults of HTTP', () => {
  it('answers in the place of the server, which never hears of the request, on a connection that goes on', async () => {
    await using bench = await startBench();
    const { server, ask } = await httpBench(bench, hello());
    await bench.toxic('http', {
      ...{ name: 'busy', type: 'http_status' },
      attributes: { status: 429, vendor: 'openai', retry_after: '2', path: '/v1/*', times: 1 },
    });
    expect(await ask({ path: '/v1/chat', method: 'POST', body: 'x'.repeat(100_000) })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2', 'content-type': 'application/json' },
    });
    expect(await ask({ path: '/v1/chat' })).toMatchObject({ status: 200, text: 'hello' });
    expect(server.asked).toEqual(['GET /v1/chat']);
    expect(await bench.receipt('http', 'busy')).toMatchObject({
      ...{ requestsSeen: 2, requestsAltered: 1, connectionsSeen: 1, connectionsAltered: 1 },
    });
  });

  it('counts an answer for the toxic that decided it, also where that goes before the answer does', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, hello());
    await bench.toxic('http', { name: 'late', type: 'http_latency', attributes: { latency: 300 } });
    await bench.toxic('http', { name: 'first', type: 'http_status', attributes: { status: 503 } });
    await bench.toxic('http', { name: 'second', type: 'http_status', attributes: { status: 429 } });
    const asking = ask();
    await waitUntil(
      realClock,
      async () => ((await bench.receipt('http', 'first'))['requestsSeen'] === 1 ? true : undefined),
      { limitMs: 2000, what: 'the request' },
    );
    await bench.call('DELETE', '/proxies/http/toxics/first');
    expect(await asking).toMatchObject({ status: 503 });
    expect(await bench.receipt('http', 'first')).toMatchObject({ requestsAltered: 1 });
    expect(await bench.receipt('http', 'second')).toMatchObject({ requestsAltered: 0 });
  });

  it('knows a request whose path has any byte that is no blank', async () => {
    await using bench = await startBench();
    const { port } = await httpBench(bench, hello());
    await bench.toxic('http', { name: 'busy', type: 'http_status' });
    const peer = await bench.dial(port);
    // As curl sends "à": its second byte is that of a blank which no line of a request is parted by.
    peer.socket.write(Buffer.from('GET /voil\u00c3\u00a0 HTTP/1.1\r\nhost: a\r\n\r\n', 'latin1'));
    await peer.bytes(20);
    expect(peer.text).toMatch(/^HTTP\/1\.1 503 /);
  });

  it.each([
    ['both lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'],
  ])('leaves a request alone of which nobody can say where it ends: %s', async (_name, head) => {
    await using bench = await startBench();
    const got = { text: '' };
    const upstream = await bench.tcp((socket) => socket.on('data', (chunk) => (got.text += chunk.toString())));
    const port = await bench.proxy('raw', upstream.address);
    await bench.toxic('raw', { name: 'busy', type: 'http_status' });
    const peer = await bench.dial(port);
    peer.socket.write(`${head}3\r\nabc\r\n0\r\n\r\n`);
    await waitUntil(realClock, () => (got.text.endsWith('0\r\n\r\n') ? true : undefined), {
      ...{ limitMs: 2000, what: 'the request at the server' },
    });
    expect([got.text.startsWith(head), peer.text]).toEqual([true, '']);
  });

  it('delays the first byte, and no later ones', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, streaming(events, 30));
    await bench.toxic('http', { name: 'late', type: 'http_latency', attributes: { latency: 150 } });
    const seen = await ask();
    expect(seen.headMs).toBeGreaterThanOrEqual(150);
    expect(seen.text).toBe(events.join(''));
  });

  it('cuts a body after so many bytes', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, hello('0123456789'));
    await bench.toxic('http', { name: 'cut', type: 'http_cut', attributes: { bytes: 4 } });
    expect(await ask()).toMatchObject({ status: 200, text: '0123', error: 'ECONNRESET' });
  });

  it('says a wrong length', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, hello('0123456789'));
    await bench.toxic('http', { name: 'long', type: 'http_length', attributes: { difference: 5 } });
    expect(await ask()).toMatchObject({ status: 200, text: '0123456789', error: 'ECONNRESET' });
  });

  it('stream_cut inside an event is not inside of a character, which is another place', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, streaming(['data: {"a":"é€😀2"}\n\n'], 1));
    const attributes = { events: 0, how: 'end', where: 'event' };
    await bench.toxic('http', { name: 'fault', type: 'stream_cut', attributes });
    expect((await ask()).text).toBe('data: {"a":"');
    await bench.call('POST', '/proxies/http/toxics/fault', { attributes: { where: 'character' } });
    expect((await ask()).text).toBe('data: {"a":"\ufffd');
  });

  it.each([
    ['stream_cut', { events: 2, how: 'end' }, events.slice(0, 2).join('')],
    ['stream_cut', { events: 0, where: 'event', how: 'end' }, events[0]?.slice(0, 7)],
    ['stream_unfinished', {}, events.slice(0, 3).join('')],
    ['stream_duplicate', { event: 2 }, [events[0], events[1], ...events.slice(1)].join('')],
    ['stream_reorder', { event: 1 }, [events[1], events[0], ...events.slice(2)].join('')],
    ['stream_garble', { event: 3 }, [events[0], events[1], 'data: {"n\n\n', events[3]].join('')],
  ])('%s with %j makes of a stream what it says', async (type, attributes, text) => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, streaming(events, 5));
    await bench.toxic('http', { name: 'fault', type, attributes });
    const seen = await ask();
    expect([seen.error, seen.text]).toEqual([undefined, text]);
    expect(await bench.receipt('http', 'fault')).toMatchObject({ requestsSeen: 1, requestsAltered: 1 });
  });
});

describe('what is left to chance with requests', () => {
  it('can be listed beforehand, is then what happens, and is written down', async () => {
    await using bench = await startBench({ seed: 5 });
    const { ask } = await httpBench(bench, hello());
    const fault = { type: 'http_status', attributes: { status: 503 } };
    await bench.toxic('http', { name: 'half', toxicity: 0.5, ...fault });
    await bench.call('POST', '/gameday/decisions', { on: true });
    const { json } = await bench.call<{ decisions: { connection: number; place: number; outcome: boolean }[] }>(
      'GET',
      '/gameday/plan/http/half?connections=1&requests=12',
    );
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 12; count++) statuses.push((await ask()).status);
    expect(json.decisions.map(({ connection, place }) => [connection, place])).toEqual(
      Array.from({ length: 12 }, (_, index) => [1, index + 1]),
    );
    expect(statuses).toEqual(json.decisions.map(({ outcome }) => (outcome ? 503 : 200)));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    const written = await bench.call<{ decisions: unknown[] }>('GET', '/gameday/decisions/http/half');
    expect(written.json.decisions).toEqual(json.decisions);
  });
});

describe('the trailer of a body in chunks', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const trailer = '0\r\nx-checksum: abc\r\nx-tokens: 3\r\n\r\n';
  const three = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'].map((event) => `9\r\n${event}\r\n`);

  async function through(type: string, attributes: Record<string, number | string>): Promise<string> {
    const bench = new EdgeBench();
    bench.add(type, attributes);
    bench.client.say(Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
    bench.server.say(Buffer.from(head + three.join('') + trailer));
    await bench.clock.run(bench.clock.sleep(1000));
    return bench.client.text.slice(bench.client.text.indexOf('\r\n\r\n') + 4);
  }

  it.each([
    ['http_slow_body', { delay: 10 }, three.join('')],
    ['stream_slow', { delay: 10 }, three.join('')],
    ['stream_drop', { event: 2 }, `${three[0]}${three[2]}`],
    ['http_cut', { bytes: 1000, how: 'end' }, three.join('')],
  ])('comes behind what %s with %j leaves of it', async (type, attributes, chunks) => {
    expect(await through(type, attributes)).toBe(chunks + trailer);
  });

  it.each([
    ['http_cut', { bytes: 9, how: 'end' }],
    ['stream_cut', { events: 1, how: 'end' }],
  ])('is missing where %s with %j has ended it before', async (type, attributes) => {
    expect(await through(type, attributes)).toBe(`${three[0]}0\r\n\r\n`);
  });
});
