import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import {
  borrowProcess,
  callMs,
  median,
  startProgram,
  processesForAll,
  startProxyProcess,
  type ProcessBench,
} from './proxy-process.ts';
import { realClock } from './support.ts';

const flooding = 20;
const limitMs = 50;

/** For all: they take longer to start than a flood. */
const processes = processesForAll(startProxyProcess);

let idle: ProcessBench;
let busy: ProcessBench;
beforeEach(() => {
  [idle, busy] = [borrowProcess(processes()[0]), borrowProcess(processes()[1])];
});
afterEach(async () => {
  await busy.cleanup.stop();
  await idle.cleanup.stop();
});

/** Clients that send for ever, in a process of their own. */
const clientsOf = (port: number, count = flooding): string => `
  import { connect } from 'node:net';
  const block = Buffer.alloc(262_144, 'x');
  for (let count = 0; count < ${count}; count++) {
    const socket = connect({ port: ${port}, host: '127.0.0.1' });
    const send = () => { while (socket.write(block)); };
    socket.on('connect', send).on('drain', send).on('error', () => undefined);
  }
  process.send({ port: 1 });
`;

/** How much longer a call takes in the busy process than in the idle one, in the middle of several. Milliseconds. */
async function slowerMs(): Promise<number> {
  const tookMs = { idle: [] as number[], busy: [] as number[] };
  for (let round = 0; round < 21; round++) {
    tookMs.idle.push(await callMs(idle, 'GET', '/proxies'));
    tookMs.busy.push(await callMs(busy, 'GET', '/proxies'));
  }
  return median(tookMs.busy) - median(tookMs.idle);
}

/** Reads all that it is sent, in a process of its own. */
const sink = `
  import { createServer } from 'node:net';
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
`;

it(
  'control is answered in time while three hundred clients send without an end to a server that reads it',
  { timeout: 60_000 },
  async () => {
    // So many that without turns a quick machine is busy with them for far longer than a slow one is with turns.
    const upstream = await startProgram(busy.cleanup, sink);
    await startProgram(busy.cleanup, clientsOf(await busy.proxy('a', `127.0.0.1:${upstream.port}`), 300));
    const hasCome = async (): Promise<true | undefined> => (await receivedBy(busy)) > 100_000_000 || undefined;
    await waitUntil(realClock, hasCome, { what: 'a hundred megabytes', limitMs: 20_000 });
    expect(await slowerMs()).toBeLessThan(2 * limitMs);
  },
);

/** As `clientsOf`, but inside of TLS. */
const tlsClientsOf = (port: number, count: number): string => `
  import { connect } from 'node:tls';
  const block = Buffer.alloc(262_144, 'x');
  for (let count = 0; count < ${count}; count++) {
    const socket = connect({ port: ${port}, host: '127.0.0.1', rejectUnauthorized: false });
    const send = () => { while (socket.write(block)); };
    socket.on('secureConnect', send).on('drain', send).on('error', () => undefined);
  }
  process.send({ port: 1 });
`;

it(
  'control is answered in time while six hundred clients send without an end inside of TLS',
  { timeout: 60_000 },
  async () => {
    const upstream = await startProgram(busy.cleanup, sink);
    const body = { name: 'a', listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstream.port}`, tls: { client: {} } };
    const { json } = await busy.call<{ listen: string }>('POST', '/proxies', body);
    await startProgram(busy.cleanup, tlsClientsOf(Number(json.listen.split(':').at(-1)), 600));
    const hasCome = async (): Promise<true | undefined> => (await receivedBy(busy)) > 100_000_000 || undefined;
    await waitUntil(realClock, hasCome, { what: 'a hundred megabytes', limitMs: 20_000 });
    expect(await slowerMs()).toBeLessThan(2 * limitMs);
  },
);

/** Bytes that clients have sent to the proxy `a`. */
async function receivedBy(bench: ProcessBench): Promise<number> {
  const { json } = await bench.call<Record<string, Record<string, number>>>('GET', '/gameday/traffic');
  return Number(json['a']?.['receivedUpstream']);
}

it.each(['timeout', 'half_open', 'never_answer', 'packet_loss'])(
  'control is answered in time while clients send into the hole of %s without an end',
  { timeout: 60_000 },
  async (type) => {
    const upstream = await busy.tcp((socket) => void socket.resume());
    const port = await busy.proxy('a', upstream.address);
    const attributes = type === 'packet_loss' ? { loss_rate: 1 } : {};
    await busy.toxic('a', { name: 'hole', type, stream: 'upstream', attributes });
    await startProgram(busy.cleanup, clientsOf(port));
    const hasFallen = async (): Promise<true | undefined> =>
      Number((await busy.receipt('a', 'hole'))['bytesDropped']) > 10_000_000 || undefined;
    await waitUntil(realClock, hasFallen, { what: 'ten megabytes in the hole', limitMs: 20_000 });
    expect(await slowerMs()).toBeLessThan(limitMs);
  },
);

it.each([
  { type: 'half_open', attributes: {} },
  { type: 'latency', attributes: { latency: 60_000 } },
])(
  'control is answered in time while clients send without an end to a server that has gone, of which $type tells them nothing',
  { timeout: 60_000 },
  async (toxic) => {
    const upstream = await busy.tcp((socket) => {
      socket.write('welcome');
      // Later, so that the proxy has read that.
      socket.once('data', () => void setTimeout(() => socket.resetAndDestroy(), 200));
    });
    const port = await busy.proxy('a', upstream.address);
    await busy.toxic('a', toxic);
    await startProgram(busy.cleanup, clientsOf(port));
    const { sockets } = upstream;
    const hasGone = (): true | undefined => (sockets.length === flooding && sockets.every(({ destroyed }) => destroyed)) || undefined; // prettier-ignore
    await waitUntil(realClock, hasGone, { what: 'the end of the server', limitMs: 20_000 });
    const before = await receivedBy(busy);
    const hasCome = async (): Promise<true | undefined> => (await receivedBy(busy)) > before + 10_000_000 || undefined;
    await waitUntil(realClock, hasCome, { what: 'ten megabytes more', limitMs: 20_000 });
    expect(await slowerMs()).toBeLessThan(limitMs);
  },
);
