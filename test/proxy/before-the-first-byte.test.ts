import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialAllTheTime, freePort } from './dial-all-the-time.ts';
import { realClock, startBench, type Bench, type TcpServer } from './support.ts';

// Toxics are at work before a connection is accepted, however their proxy comes to them: clients dial all the time meanwhile.

/** What clients and the server say with it is unaltered. No flip of one bit in the rest of what they say makes one. */
const mark = '~';
const request = `GET /${mark} HTTP/1.1\r\nhost: a\r\n\r\n`;
const answer = `HTTP/1.1 200 OK\r\n\r\n${mark.repeat(50)}`;
const otherAnswer = `HTTP/1.1 200 OK\r\n\r\n${'A'.repeat(50)}`;

let bench: Bench;
let server: TcpServer;
/** What the server has heard in all. */
let heard: Buffer[];
let listen: string;
let port: number;
beforeEach(async () => {
  bench = await startBench();
  heard = [];
  server = await bench.tcp((socket) => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      socket.end(answer);
    });
  });
  port = await freePort(bench);
  listen = `127.0.0.1:${port}`;
});
afterEach(() => bench.cleanup.stop());

const inBoth = (type: string, attributes: object): object[] =>
  ['upstream', 'downstream'].map((stream) => ({ name: `${type}_${stream}`, type, stream, attributes }));
const altering: readonly { what: string; toxics: readonly object[] }[] = [
  { what: 'corrupt', toxics: inBoth('corrupt', { rate: 1 }) },
  { what: 'timeout', toxics: inBoth('timeout', { timeout: 0 }) },
  { what: 'http_status', toxics: [{ type: 'http_status', attributes: { body: 'busy' } }] },
];

type Toxics = readonly object[];

async function ask(method: string, path: string, body: unknown): Promise<void> {
  const { status, text } = await bench.call(method, path, body);
  if (status >= 300) throw new Error(text);
}

/** What is there before the clients come, and what makes the proxy as it is to be. */
const ways: readonly {
  way: string;
  before?: (toxics: Toxics) => Promise<void>;
  make: (toxics: Toxics) => Promise<void>;
}[] = [
  // prettier-ignore
  {
    way: 'created with its toxics',
    make: (toxics) => ask('POST', '/proxies', { name: 'a', listen, upstream: server.address, toxics }),
  },
  {
    way: 'made by a list with its toxics',
    make: (toxics) => ask('POST', '/populate', [{ name: 'a', listen, upstream: server.address, toxics }]),
  },
  {
    way: 'put by a list in the place of another',
    before: async () => {
      const other = await bench.tcp((socket) => void socket.once('data', () => socket.end(otherAnswer)));
      await ask('POST', '/proxies', { name: 'a', listen, upstream: other.address });
    },
    make: (toxics) => ask('POST', '/populate', [{ name: 'a', listen, upstream: server.address, toxics }]),
  },
  {
    way: 'enabled, as it was created',
    before: (toxics) =>
      ask('POST', '/proxies', { name: 'a', listen, upstream: server.address, enabled: false, toxics }),
    make: () => ask('PATCH', '/proxies/a', { enabled: true }),
  },
  {
    way: 'enabled with toxics that came while it was disabled',
    before: async (toxics) => {
      await ask('POST', '/proxies', { name: 'a', listen, upstream: server.address, enabled: false });
      for (const toxic of toxics) await ask('POST', '/proxies/a/toxics', toxic);
    },
    make: () => ask('PATCH', '/proxies/a', { enabled: true }),
  },
];

describe.each(altering)('nobody sees a byte that $what has not altered', ({ toxics }) => {
  it.each(ways)('of a proxy that is $way', async ({ before, make }) => {
    await before?.(toxics);
    const end = dialAllTheTime(bench, port, request);
    await realClock.sleep(20);
    await make(toxics);
    const come = async (): Promise<true | undefined> => {
      const { json } = await bench.call<Record<string, { connections: number }>>('GET', '/gameday/traffic');
      return (json['a']?.connections ?? 0) >= 20 ? true : undefined;
    };
    await waitUntil(realClock, come, { what: 'twenty clients', limitMs: 10_000, everyMs: 10 });
    const { chunks } = await end();
    const seen = (all: readonly Buffer[]): number => Buffer.concat(all).toString('latin1').split(mark).length - 1;
    expect([seen(chunks), seen(heard)]).toEqual([0, 0]);
  });
});
