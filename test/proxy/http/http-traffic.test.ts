import { createHash } from 'node:crypto';
import { Agent, createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBench, type Bench, type Peer } from '../support.ts';
import { startHttp } from './support.ts';

/** Toxics that should make no difference: one that fits to no request, and such as are done to each and do nothing. */
const present = {
  'no toxic': [],
  'a toxic that does not match': [{ type: 'http_status', attributes: { path: '/never' } }],
  'toxics that match and do nothing': [
    { type: 'http_latency', attributes: { latency: 0 } },
    { type: 'http_slow_body', attributes: { delay: 0 } },
    { type: 'http_cut', attributes: { bytes: 1_000_000_000 } },
  ],
};
const names = Object.keys(present) as (keyof typeof present)[];

async function proxied(bench: Bench, toxics: keyof typeof present, answer: RequestListener): Promise<number> {
  const server = await startHttp(bench, answer);
  return before(bench, toxics, server.address);
}
async function before(bench: Bench, toxics: keyof typeof present, address: string): Promise<number> {
  const port = await bench.proxy('http', address);
  for (const { type, attributes } of present[toxics]) await bench.toxic('http', { name: type, type, attributes });
  return port;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends back what it was sent, with a length or in chunks. */
const echo: RequestListener = (incoming, response) => {
  void (async () => {
    const bytes = await read(incoming);
    if (incoming.headers['x-framing'] === 'chunked') {
      for (let at = 0; at < bytes.length; at += 100_003) response.write(bytes.subarray(at, at + 100_003));
      response.end();
    } else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  })();
};

/** Answers with the path of the request. */
const path: RequestListener = (incoming, response) => {
  incoming.resume().on('end', () => response.end(incoming.url));
};

/** Waits until so many responses have come whole that have a body of this kind, and gives their statuses and bodies. */
async function answers(peer: Peer, count: number): Promise<string[]> {
  const found = (): string[] => {
    const all: string[] = [];
    let rest = peer.received.toString('latin1');
    for (;;) {
      const head = /^HTTP\/1\.1 (\d+)[^\r]*\r\n(?:[^\r]+\r\n)*?content-length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n/i.exec(
        rest,
      );
      if (!head || rest.length < head[0].length + Number(head[2])) return all;
      all.push(`${head[1] ?? ''} ${rest.slice(head[0].length, head[0].length + Number(head[2]))}`);
      rest = rest.slice(head[0].length + Number(head[2]));
    }
  };
  while (found().length < count && !peer.ended)
    await Promise.race([once(peer.socket, 'data'), once(peer.socket, 'end')]);
  return found();
}

describe.each(names)('HTTP through a proxy with %s', (toxics) => {
  it('carries bodies of any size, with a length and in chunks, both ways, on connections that are kept', async () => {
    await using bench = await startBench();
    let connections = 0;
    const server = createServer(echo).on('connection', () => (connections += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    bench.cleanup.add('server', () => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = await before(
      bench,
      toxics,
      `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    bench.cleanup.add('agent', () => {
      agent.destroy();
    });
    for (const size of [0, 1, 65_535, 65_536, 65_537, 20_000_000])
      for (const up of ['length', 'chunked'])
        for (const down of size > 1_000_000 ? [up] : ['length', 'chunked']) {
          const sent = Buffer.alloc(size);
          for (let at = 0; at < size; at += 4093) sent.writeUInt8((at * 7 + size) % 256, at);
          const asked = request({ host: '127.0.0.1', port, agent, method: 'POST', headers: { 'x-framing': down } });
          if (up === 'length') asked.setHeader('content-length', size).end(sent);
          else {
            asked.write(sent.subarray(0, size / 3));
            asked.end(sent.subarray(size / 3));
          }
          const [response] = (await once(asked, 'response')) as [IncomingMessage];
          const came = await read(response);
          expect([size, up, down, came.length, sha(came)]).toEqual([size, up, down, size, sha(sent)]);
        }
    expect(connections).toBe(1);
    // That they do nothing is said of toxics that have seen all of it.
    for (const { type } of present[toxics])
      expect(await bench.receipt('http', type)).toMatchObject({ requestsSeen: 22, requestsAltered: 0 });
  }, 60_000);

  it('answers requests that come in one write in their order', async () => {
    await using bench = await startBench();
    const peer = await bench.dial(await proxied(bench, toxics, path));
    const asked = Array.from({ length: 50 }, (_, index) => `/${index}`);
    peer.socket.write(asked.map((one) => `GET ${one} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    expect(await answers(peer, 50)).toEqual(asked.map((one) => `200 ${one}`));
  });

  it('hands the word to go on to who waits for it, and then the answer', async () => {
    await using bench = await startBench();
    const peer = await bench.dial(await proxied(bench, toxics, echo));
    peer.socket.write('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n');
    while (!peer.text.endsWith('\r\n\r\n')) await once(peer.socket, 'data');
    expect(peer.text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    peer.socket.write('helloGET /next HTTP/1.1\r\nhost: a\r\n\r\n');
    while (!/200 OK[^]*200 OK/.test(peer.text)) await once(peer.socket, 'data');
    expect(peer.text).toContain('\r\n\r\nhelloHTTP/1.1 200 OK');
  });

  it('keeps out of what comes behind an upgrade, and of the bytes that come with it', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      socket.once('data', (head) => {
        expect(head.toString()).toContain('upgrade: websocket');
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nHTTP/1.1 first',
        );
        socket.on('data', (chunk) => void socket.write(chunk));
        socket.on('end', () => socket.end('last'));
      });
    });
    const peer = await bench.dial(await before(bench, toxics, server.address));
    peer.socket.write('GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    while (!peer.text.endsWith('first')) await once(peer.socket, 'data');
    const odd = Buffer.from('GET /never HTTP/1.1\r\n\r\n\0\xff\r\n', 'latin1');
    for (const byte of odd) {
      peer.socket.write(Buffer.from([byte]));
      await sleep(1);
    }
    peer.socket.end();
    await peer.finished();
    expect(peer.received.toString('latin1').split('first')[1]).toBe(`${odd.toString('latin1')}last`);
  });

  it('keeps out of a tunnel', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.on('data', (chunk) => void socket.write(chunk));
      });
    });
    const peer = await bench.dial(await before(bench, toxics, server.address));
    peer.socket.write('CONNECT example.test:443 HTTP/1.1\r\nhost: example.test:443\r\n\r\n');
    while (!peer.text.endsWith('\r\n\r\n')) await once(peer.socket, 'data');
    const before101 = peer.receivedBytes;
    const inside = 'GET /never HTTP/1.1\r\nhost: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx';
    await peer.roundTrip(inside);
    expect(peer.text.slice(before101)).toBe(inside);
  });

  it.each([
    ['an answer of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nall of it'],
    ['an answer that ends with the connection', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall\r\n\r\nof it'],
    ['no answer', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nx: '],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['half a trailer', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n'],
    ['an answer that is no HTTP', 'what do you want?\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['two answers', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 408 Timeout\r\ncontent-length: 0\r\n\r\n'],
  ])('hands on %s as it came, and the end behind it', async (what, text) => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => socket.once('data', () => socket.end(text)));
    const peer = await bench.dial(await before(bench, toxics, server.address));
    peer.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await peer.finished();
    // What faults have looked at is put into chunks as it came; so much has come.
    const isLookedAt = toxics === 'toxics that match and do nothing';
    const wanted = isLookedAt && what === 'half a chunk' ? text.replace(/5\r\nhe$/, '2\r\nhe\r\n') : text;
    expect([peer.text, peer.ended]).toEqual([wanted, true]);
  });

  it('hands on an answer that comes while the request is still being sent, and the rest of that', async () => {
    await using bench = await startBench();
    const came: Buffer[] = [];
    const server = await bench.tcp((socket) => {
      socket.once('data', () => void socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nlarge'));
      socket.on('data', (chunk) => void came.push(chunk));
    });
    const peer = await bench.dial(await before(bench, toxics, server.address));
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\n\r\n';
    peer.socket.write(`${head}begin `);
    expect(await answers(peer, 1)).toEqual(['413 large']);
    peer.socket.write('middleGET /next HTTP/1.1\r\n\r\n');
    while (!Buffer.concat(came).toString().endsWith('\r\n\r\n')) await sleep(5);
    expect(Buffer.concat(came).toString()).toBe(`${head}begin middleGET /next HTTP/1.1\r\n\r\n`);
  });

  it('answers a client that has finished after its request', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      let got = '';
      socket.on('data', (chunk) => (got += chunk.toString()));
      socket.on('end', () => {
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${got.length}\r\n\r\n${got}`);
      });
    });
    const port = await before(bench, toxics, server.address);
    for (const asked of [
      'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nhost:',
      'POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf',
      '\r\n',
      'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5',
    ]) {
      // prettier-ignore
      const peer = await bench.dial(port);
      peer.socket.end(asked);
      await peer.finished();
      expect(peer.text).toBe(`HTTP/1.1 200 OK\r\ncontent-length: ${asked.length}\r\n\r\n${asked}`);
    }
  });

  it('carries what is no HTTP, whoever speaks first', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => void socket.write(`250 ${chunk.toString('latin1')}`, 'latin1'));
    });
    const peer = await bench.dial(await before(bench, toxics, server.address));
    await peer.bytes('220 ready\r\n'.length);
    for (const said of ['EHLO localhost\r\n', 'PING\r\n', '\x16\x03\x01', 'HTTP/1.1 200 OK\r\n\r\n', 'GET\n'])
      await peer.bytes(peer.receivedBytes + 4 + said.length * Number(peer.socket.write(said, 'latin1')));
    expect(peer.received.toString('latin1')).toBe(
      '220 ready\r\n250 EHLO localhost\r\n250 PING\r\n250 \x16\x03\x01250 HTTP/1.1 200 OK\r\n\r\n250 GET\n',
    );
  });

  it('carries what is no HTTP behind requests that were', async () => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => {
      socket.on('data', (chunk) => {
        if (chunk.toString().includes('HTTP/1.1')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else socket.write(`echo ${chunk.toString()}`);
      });
    });
    const peer = await bench.dial(await before(bench, toxics, server.address));
    peer.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await answers(peer, 1)).toEqual(['200 ok']);
    const from = peer.receivedBytes;
    peer.socket.write('what else?\n');
    await peer.bytes(from + 16);
    // A request again: the connection is none of HTTP any more, but still one.
    peer.socket.write('GET /again HTTP/1.1\r\nhost: a\r\n\r\n');
    await peer.bytes(from + 16 + 40);
    expect(peer.text.slice(from)).toBe('echo what else?\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
});
