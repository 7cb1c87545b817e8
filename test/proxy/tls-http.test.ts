import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { httpClient, startHttp, streaming, type Asking, type HttpServer, type Seen } from './http/support.ts';
import { realClock, startBench, type Bench } from './support.ts';
import { authorityOf, certify, dialTls } from './tls-support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.cleanup.stop());

const events = ['data: {"n":1}\n\n', 'data: {"n":2,"text":"für"}\n\n', 'data: {"n":3}\n\n', 'data: [DONE]\n\n'];

describe.each([
  { listener: 'speaks no TLS', client: undefined },
  { listener: 'ends the TLS of its clients', client: {} },
])('a fault of HTTP before a server with TLS, at a proxy that $listener', ({ client }) => {
  /** A server of https, and a client of the proxy before it. */
  async function serving(answer: RequestListener): Promise<{
    server: HttpServer;
    port: number;
    /** What a client has to trust; undefined where it speaks no TLS. */
    ca: string | undefined;
    ask: (asking?: Asking) => Promise<Seen>;
  }> {
    const certified = await certify();
    const server = await startHttp(bench, answer, certified);
    const tls = { upstream: { ca: certified.ca }, ...(client ? { client } : {}) };
    const port = await bench.proxy('https', server.address, { tls });
    const ca = client && (await authorityOf(bench));
    return { server, port, ca, ask: httpClient(bench, port, ca === undefined ? undefined : { ca }) };
  }

  const fault = (type: string, attributes: Record<string, number | string>): Promise<void> =>
    bench.toxic('https', { name: 'fault', type, attributes });

  it('http_status answers in the place of the server, which never hears of the request, and the next one passes', async () => {
    const { server, ask } = await serving((_incoming, response) => void response.end('hello'));
    await fault('http_status', { status: 429, body: 'busy', retry_after: '2', times: 1 });
    const sent = { path: '/v1/chat', method: 'POST', body: 'x'.repeat(100_000) };
    expect(await ask(sent)).toMatchObject({ status: 429, headers: { 'retry-after': '2' }, text: 'busy' });
    expect(await ask({ path: '/next' })).toMatchObject({ status: 200, text: 'hello' });
    expect(server.asked).toEqual(['GET /next']);
    expect(await bench.receipt('https', 'fault')).toMatchObject({
      ...{ requestsSeen: 2, requestsAltered: 1, connectionsSeen: 1, connectionsAltered: 1 },
    });
  });

  it('http_cut gives the client a real RST behind what has passed', async () => {
    // What is on its way when a connection is reset may be lost: the rest comes when the client has the beginning.
    let cameFirst: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (cameFirst = resolve));
    const { port, ca } = await serving((_incoming, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('01');
      void first.then(() => response.end('23456789'));
    });
    await fault('http_cut', { bytes: 2, how: 'reset' });
    const peer = await (ca === undefined ? bench.dial(port) : dialTls(bench, port, { ca }));
    peer.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const hasBegun = (): true | undefined => peer.text.endsWith('\r\n\r\n01') || undefined;
    await waitUntil(realClock, hasBegun, { what: 'the beginning of the body', limitMs: 5_000, everyMs: 5 });
    cameFirst();
    await peer.closed();
    expect([peer.text.split('\r\n\r\n')[1], peer.errorCode]).toEqual(['01', 'ECONNRESET']);
    expect(await bench.receipt('https', 'fault')).toMatchObject({
      ...{ requestsSeen: 1, requestsAltered: 1, connectionsAltered: 1, bytesDropped: 8 },
    });
  });

  it.each([
    { how: 'end', error: undefined },
    { how: 'close', error: 'ECONNRESET' },
  ])('stream_cut breaks a stream off between two events, with how $how', async ({ how, error }) => {
    const { ask } = await serving(streaming(events, 5));
    await fault('stream_cut', { events: 2, how });
    const seen = await ask();
    expect([seen.status, seen.text, seen.error]).toEqual([200, events.slice(0, 2).join(''), error]);
    expect(await bench.receipt('https', 'fault')).toMatchObject({
      ...{ requestsSeen: 1, requestsAltered: 1, connectionsAltered: 1 },
    });
  });

  it('stream_stall holds a stream for as long as it is there, and its removal lets the rest pass, whole', async () => {
    const { ask } = await serving(streaming(events, 5));
    await fault('stream_stall', { events: 2, stall: 0 });
    let text = '';
    let isOver = false;
    const asking = ask({ came: (chunk) => (text += chunk.toString()) }).finally(() => (isOver = true));
    const isHeld = async (): Promise<true | undefined> => {
      const { bytesDelayed } = await bench.receipt('https', 'fault');
      return bytesDelayed === Buffer.byteLength(events.slice(2).join('')) ? true : undefined;
    };
    await waitUntil(realClock, isHeld, { what: 'the last events to be held', limitMs: 2_000, everyMs: 5 });
    await realClock.sleep(100);
    expect([text, isOver]).toEqual([events.slice(0, 2).join(''), false]);
    await bench.call('DELETE', '/proxies/https/toxics/fault');
    expect(await asking).toMatchObject({ status: 200, text: events.join(''), error: undefined });
    expect(await bench.receipt('https', 'fault')).toMatchObject({
      ...{ requestsSeen: 1, requestsAltered: 1, connectionsAltered: 1, ended: 'removed' },
    });
  });
});
