import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/kit/deadline.ts';
import { realClock, startBench, type Bench, type Peer } from '../support.ts';
import { httpBench, startHttp, streaming } from './support.ts';

const path: RequestListener = (incoming, response) => {
  incoming.resume().on('end', () => response.end(incoming.url));
};

/** Statuses and bodies that have come whole, all of them with a length. */
function answersIn(text: string): string[] {
  const all: string[] = [];
  for (let rest = text; ;) {
    const [head, status = '', length] = /^HTTP\/1\.1 (\d+)[^]*?content-length: (\d+)[^]*?\r\n\r\n/i.exec(rest) ?? [];
    if (head === undefined || rest.length < head.length + Number(length)) return all;
    all.push(`${status} ${rest.slice(head.length, head.length + Number(length))}`);
    rest = rest.slice(head.length + Number(length));
  }
}
async function answers(peer: Peer, count: number): Promise<string[]> {
  await waitUntil(
    realClock,
    () => Promise.resolve(answersIn(peer.text).length >= count || peer.ended ? true : undefined),
    {
      ...{ what: `${count} answers, not only: ${peer.text}`, limitMs: 5000, everyMs: 2 },
    },
  );
  return answersIn(peer.text);
}
const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nhost: a\r\n${more}\r\n`;

async function refusing(bench: Bench, attributes: object = {}): Promise<{ port: number; asked: readonly string[] }> {
  const { server, port } = await httpBench(bench, path);
  await bench.toxic('http', {
    ...{ name: 'busy', type: 'http_status' },
    attributes: { status: 503, body: 'busy', path: '/busy*', ...attributes },
  });
  return { port, asked: server.asked };
}

// Each has a bench of its own, and most of it is waiting.
describe.concurrent('an answer in the place of the server', () => {
  it('has its place among those of the server, and of delayed ones, when all were asked in one write', async () => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    const attributes = { latency: 120, path: '*slow' };
    await bench.toxic('http', { name: 'slow', type: 'http_latency', attributes });
    const peer = await bench.dial(port);
    const fromMs = realClock.now();
    const upload = 'POST /busy-upload HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n\r\n';
    peer.socket.write(
      [get('/1'), get('/busy-2'), get('/3-slow'), upload, get('/busy-4-slow'), get('/5'), get('/busy-6')].join(''),
    );
    expect(await answers(peer, 2)).toEqual(['200 /1', '503 busy']);
    expect(await answers(peer, 7)).toEqual([
      ...['200 /1', '503 busy', '200 /3-slow', '503 busy', '503 busy', '200 /5', '503 busy'],
    ]);
    // Each is delayed from when it could have gone out: the second delay begins behind the first.
    expect(realClock.now() - fromMs).toBeGreaterThanOrEqual(240);
    expect(asked).toEqual(['GET /1', 'GET /3-slow', 'GET /5']);
  });

  it('has no body for HEAD, and leaves the connection clear', async () => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    const peer = await bench.dial(port);
    peer.socket.write(`HEAD /busy HTTP/1.1\r\nhost: a\r\n\r\n${get('/next')}`);
    await waitUntil(realClock, () => Promise.resolve(peer.text.endsWith('/next') || undefined), {
      ...{ what: 'the next answer', limitMs: 5000 },
    });
    expect(peer.text).toMatch(/^HTTP\/1\.1 503 [^]*content-length: 4\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(asked).toEqual(['GET /next']);
  });

  it.each([204, 304])('with status %i has neither body nor length', async (status) => {
    await using bench = await startBench();
    const { port } = await refusing(bench, { status });
    const peer = await bench.dial(port);
    peer.socket.write(get('/busy') + get('/next'));
    await peer.bytes(1);
    await waitUntil(realClock, () => Promise.resolve(peer.text.endsWith('/next') || undefined), {
      ...{ what: 'the next answer', limitMs: 5000 },
    });
    expect(peer.text.split('HTTP/1.1')[1]).not.toMatch(/content-length|busy/);
  });

  it('with status 205 says that it has no body, and has none', async () => {
    await using bench = await startBench();
    const { port } = await refusing(bench, { status: 205 });
    const peer = await bench.dial(port);
    peer.socket.write(get('/busy') + get('/next'));
    await waitUntil(realClock, () => Promise.resolve(peer.text.endsWith('/next') || undefined), {
      ...{ what: 'the next answer', limitMs: 5000 },
    });
    expect(peer.text).toMatch(/^HTTP\/1\.1 205 [^]*content-length: 0\r\n(?:[^\r]+\r\n)*\r\nHTTP\/1\.1 200 OK/);
    expect(peer.text.split('HTTP/1.1')[1]).not.toContain('busy');
  });

  it('does not wait for a body that the client sends only when it is told to, and closes after it', async () => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    const peer = await bench.dial(port);
    peer.socket.write('PUT /busy HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n');
    await peer.finished();
    expect(peer.text).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n\r\nbusy$/);
    expect(asked).toEqual([]);
    const next = await bench.dial(port);
    next.socket.write(get('/next'));
    expect(await answers(next, 1)).toEqual(['200 /next']);
  });

  it.each([
    ['HTTP/1.0', 'GET /busy HTTP/1.0\r\n\r\n'],
    ['connection: close', 'GET /busy HTTP/1.1\r\nhost: a\r\nConnection: foo, Close\r\n\r\n'],
    ['connection: close and a body', 'POST /busy HTTP/1.1\r\nConnection: close\r\ncontent-length: 5\r\n\r\nhello'],
  ])('closes the connection for a client that wants that (%s), and takes nothing more from it', async (_what, text) => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    const peer = await bench.dial(port);
    peer.socket.write(text + get('/next'));
    await peer.finished();
    expect(peer.text).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n\r\nbusy$/);
    expect(asked).toEqual([]);
  });

  it('is given to a client that has finished after its request, or in the middle of it', async () => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    for (const text of [
      get('/busy'),
      'POST /busy HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf',
      'POST /busy HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\n',
    ]) {
      // prettier-ignore
      const peer = await bench.dial(port);
      peer.socket.end(text);
      await peer.finished();
      expect(answersIn(peer.text)).toEqual(['503 busy']);
    }
    expect(asked).toEqual([]);
  });

  it('closes where the request that the server never heard of turns out to be none', async () => {
    await using bench = await startBench();
    const { port, asked } = await refusing(bench);
    const peer = await bench.dial(port);
    peer.socket.write('POST /busy HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello');
    await realClock.sleep(20);
    peer.socket.write(`no chunk\r\n${get('/next')}`);
    await peer.finished();
    expect(answersIn(peer.text)).toEqual(['503 busy']);
    expect(asked).toEqual([]);
  });

  it('is not given to a request of which nobody can say where it ends', async () => {
    await using bench = await startBench();
    const { port } = await refusing(bench);
    const peer = await bench.dial(port);
    peer.socket.write('POST /busy HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd');
    await peer.finished();
    // Node's own server says what it thinks of it.
    expect(peer.text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is given although the server closes the connection meanwhile, and the end comes behind it', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    });
    const port = await bench.proxy('http', server.address);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { body: 'busy', path: '/busy' } });
    await bench.toxic('http', { name: 'late', type: 'http_latency', attributes: { latency: 100, path: '/busy' } });
    const peer = await bench.dial(port);
    peer.socket.write(get('/first') + get('/busy'));
    await peer.finished();
    expect(answersIn(peer.text)).toEqual(['200 ok', '503 busy']);
    // What is asked behind the end gets no answer, and breaks nothing.
    peer.socket.write(get('/busy'));
    await realClock.sleep(150);
    expect([answersIn(peer.text), peer.errorCode]).toEqual([['200 ok', '503 busy'], undefined]);
    expect(await bench.receipt('http', 'busy')).toMatchObject({ requestsAltered: 1 });
  });

  it('swallows an upload of any size, and the connection is as good as before', async () => {
    await using bench = await startBench();
    const { ask, server } = await httpBench(bench, path);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { path: '/busy' } });
    const asking = { method: 'POST', body: Buffer.alloc(20_000_000) };
    expect(await ask({ ...asking, path: '/busy' })).toMatchObject({ status: 503, error: undefined });
    expect(await ask({ ...asking, path: '/next' })).toMatchObject({ status: 200, text: '/next' });
    expect(server.asked).toEqual(['POST /next']);
    expect(await bench.receipt('http', 'busy')).toMatchObject({
      connectionsSeen: 1,
      requestsSeen: 2,
      requestsAltered: 1,
    });
  });
});

describe.concurrent('a stream that a fault ends before the server does', () => {
  it.each([
    ['stream_cut', { events: 1, how: 'end' }],
    ['stream_error', { events: 1 }],
  ])(
    'by %s closes the connection and says so, so that the next request does not wait for the rest',
    async (type, attributes) => {
      await using bench = await startBench();
      const events = Array.from({ length: 100 }, (_, index) => `data: ${index}\n\n`);
      const { ask } = await httpBench(bench, streaming(events, 20));
      await bench.toxic('http', { name: 'fault', type, attributes: { ...attributes, times: 1, path: '/faulty' } });
      const seen = await ask({ path: '/faulty' });
      expect([seen.error, seen.headers.connection]).toEqual([undefined, 'close']);
      expect(seen.wholeMs).toBeLessThan(1500);
      const next = await ask({ path: '/next' });
      expect(next.text).toBe(events.join(''));
      expect(next.headMs).toBeLessThan(1000);
    },
  );
});

describe.concurrent('a toxic that comes to a connection that is open', () => {
  it('is done to the next request, and to none that is under way', async () => {
    await using bench = await startBench();
    const server = await startHttp(bench, (incoming, response) => {
      incoming.on('data', (chunk) => void response.write(chunk)).on('end', () => response.end());
      response.flushHeaders();
    });
    const port = await bench.proxy('http', server.address);
    const idle = await bench.dial(port);
    idle.socket.write('POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    await idle.bytes(100);
    const peer = await bench.dial(port);
    peer.socket.write('POST /busy HTTP/1.1\r\nhost: a\r\ncontent-length: 40\r\n\r\nfirst.....');
    while (!peer.text.includes('first')) await once(peer.socket, 'data');
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { body: 'busy' } });
    // It looks like a request, and the server has spoken last; it is part of a body all the same.
    peer.socket.write('GET is a word, ');
    while (!peer.text.includes('is a word')) await once(peer.socket, 'data');
    peer.socket.write('and no more....');
    while (!peer.text.endsWith('0\r\n\r\n')) await once(peer.socket, 'data');
    for (const one of [peer, idle]) {
      const from = one.receivedBytes;
      // Less than a line of what a connection says that was there before may be anything, and is not waited for.
      const lineBytes = 'GET /next HTTP/1.1\r\n'.length;
      one.socket.write(get('/next').slice(0, lineBytes));
      for (const byte of get('/next').slice(lineBytes)) one.socket.write(byte);
      await one.bytes(from + 20);
      expect(one.text.slice(from)).toMatch(/^HTTP\/1\.1 503 /);
    }
    expect(await bench.receipt('http', 'busy')).toMatchObject({ requestsSeen: 2, requestsAltered: 2 });
    expect(server.asked).toEqual(['POST /x', 'POST /busy']);
  });

  it('does not hold a body back that begins like a request', async () => {
    await using bench = await startBench();
    const server = await startHttp(bench, (incoming, response) => {
      incoming.resume().on('end', () => response.end('has all'));
    });
    const peer = await bench.dial(await bench.proxy('http', server.address));
    peer.socket.write('POST /x HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n');
    await peer.bytes('HTTP/1.1 100 Continue\r\n\r\n'.length);
    await bench.toxic('http', { type: 'http_status', attributes: { path: '/never' } });
    peer.socket.write('GET');
    while (!peer.text.includes('has all')) await once(peer.socket, 'data');
  });

  it('does not answer a request behind one that the server has not answered', async () => {
    await using bench = await startBench();
    let answerSlow = (): void => undefined;
    const { server, port } = await httpBench(bench, (incoming, response) => {
      if (incoming.url === '/slow') answerSlow = () => void response.end(incoming.url);
      else response.end(incoming.url);
    });
    const peer = await bench.dial(port);
    peer.socket.write(get('/slow'));
    while (server.asked.length === 0) await realClock.sleep(5);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { body: 'busy' } });
    peer.socket.write(get('/behind'));
    const received = async (): Promise<number> => {
      const { json } = await bench.call<Record<string, { receivedUpstream: number }>>('GET', '/gameday/traffic');
      return json['http']?.receivedUpstream ?? 0;
    };
    const behind = Buffer.byteLength(get('/slow') + get('/behind'));
    await waitUntil(realClock, async () => ((await received()) >= behind ? true : undefined), {
      what: 'the request behind',
      limitMs: 10_000,
    });
    answerSlow();
    expect(await answers(peer, 2)).toEqual(['200 /slow', '200 /behind']);
    peer.socket.write(get('/next'));
    expect(await answers(peer, 3)).toEqual(['200 /slow', '200 /behind', '503 busy']);
  });

  it('goes and comes again, and is done to the requests of its time', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, path);
    const statuses: (number | undefined)[] = [];
    for (let round = 0; round < 5; round++) {
      statuses.push((await ask({ path: '/busy' })).status);
      await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: {} });
      statuses.push((await ask({ path: '/busy', method: 'POST', body: 'x' })).status);
      await bench.call('DELETE', '/proxies/http/toxics/busy');
    }
    expect(statuses).toEqual([200, 503, 200, 503, 200, 503, 200, 503, 200, 503]);
  });

  it('hands on what it held when its lease lapses', async () => {
    await using bench = await startBench();
    const { ask } = await httpBench(bench, path);
    const attributes = { latency: 86_400_000 };
    await bench.toxic('http', { name: 'late', type: 'http_latency', attributes });
    const asking = ask({ path: '/held' });
    const held = async (): Promise<true | undefined> =>
      (await bench.receipt('http', 'late'))['requestsAltered'] === 1 ? true : undefined;
    await waitUntil(realClock, held, { what: 'an answer that is held', limitMs: 10_000, everyMs: 5 });
    // Only now, so that it cannot lapse before.
    expect((await bench.call('PATCH', '/proxies/http/toxics/late', { lease: 0.05 })).status).toBe(200);
    expect(await asking).toMatchObject({ status: 200, text: '/held' });
    expect(await bench.receipt('http', 'late')).toMatchObject({ ended: 'lease lapsed', requestsAltered: 1 });
  });

  it('hands on what it held of a head, at once, when it goes', async () => {
    await using bench = await startBench();
    const received: string[] = [];
    const server = await bench.tcp((socket) => socket.on('data', (chunk) => received.push(chunk.toString())));
    const port = await bench.proxy('http', server.address);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: {} });
    const socket = connect({ port, host: '127.0.0.1' });
    bench.cleanup.add('socket', () => void socket.destroy());
    socket.write('GET /half');
    await realClock.sleep(50);
    expect(received).toEqual([]);
    await bench.call('DELETE', '/proxies/http/toxics/busy');
    await waitUntil(realClock, () => Promise.resolve(received.length > 0 || undefined), {
      what: 'the rest',
      limitMs: 5000,
    });
    socket.write(' HTTP/1.1\r\n\r\n');
    await waitUntil(realClock, () => Promise.resolve(received.length > 1 || undefined), {
      what: 'the rest',
      limitMs: 5000,
    });
    expect(received.join('')).toBe('GET /half HTTP/1.1\r\n\r\n');
  });
});
