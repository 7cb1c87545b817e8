import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../harness/kit/clock.ts';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { Cleanup, type Stoppable } from '../../harness/kit/lifecycle.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import type { MetricsShown } from '../../harness/proxy/proxy-metrics.ts';
import type { Rehearsed } from '../../harness/proxy/rehearsal.ts';
import { startProxyServer } from '../../harness/proxy/server.ts';

export const realClock = systemClock();

/** A TCP server on loopback that keeps what connects to it. */
export interface TcpServer extends Stoppable {
  readonly port: number;
  readonly address: string;
  readonly sockets: Socket[];
}

async function startTcp(onSocket: (socket: Socket) => void): Promise<TcpServer> {
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, address: `127.0.0.1:${port}`, sockets, stop };
}

function startEcho(): Promise<TcpServer> {
  return startTcp((socket) => socket.pipe(socket));
}

/** A client's end of a connection: what came, and how it ended. */
export class Peer {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  errorCode: string | undefined;
  ended = false;
  receivedBytes = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.receivedBytes += chunk.length;
    });
    socket.on('end', () => (this.ended = true));
    socket.on('error', (cause) => (this.errorCode = (cause as NodeJS.ErrnoException).code));
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.received.toString();
  }

  /** Waits until so many bytes have come in all. */
  bytes(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.receivedBytes < count && !this.socket.destroyed) return;
        this.socket.off('data', look).off('close', look);
        if (this.receivedBytes >= count) resolve();
        else reject(new Error(`closed after ${this.receivedBytes} of ${count} bytes`));
      };
      this.socket.on('data', look).on('close', look);
      look();
    });
  }

  /** Waits until the other side has finished or closed. */
  async finished(): Promise<void> {
    if (this.ended || this.socket.destroyed) return;
    await new Promise((resolve) => this.socket.once('end', resolve).once('close', resolve));
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
  }

  /** Writes, waits until the answer has as many bytes, and returns how long it took in ms. */
  async roundTrip(text: string): Promise<number> {
    const startMs = realClock.now();
    const wanted = this.receivedBytes + Buffer.byteLength(text);
    this.socket.write(text);
    await this.bytes(wanted);
    return realClock.now() - startMs;
  }
}

async function dial(port: number): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const peer = new Peer(socket);
  await once(socket, 'connect');
  return peer;
}

/** Offers so many megabytes at once to a receiver that does not read, and waits until no more of it is taken. */
export async function offerUntilStalled(peer: Peer, megabytes: number): Promise<void> {
  const megabyte = Buffer.alloc(1_000_000);
  for (let count = 0; count < megabytes; count++) peer.socket.write(megabyte);
  const taken = (): number => peer.socket.bytesWritten - peer.socket.writableLength;
  let before = -1;
  let stillFor = 0;
  // A busy machine may stand still for one look.
  const stalled = (): true | undefined => {
    stillFor = taken() === before ? stillFor + 1 : 0;
    before = taken();
    return stillFor === 3 || undefined;
  };
  await waitUntil(realClock, stalled, { what: 'a stall', limitMs: 10_000, everyMs: 100 });
}

/** Whether this machine has loopback of IPv6, too. */
export const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** `open`, or the error that a connect gets. */
export async function portState(port: number, { host = '127.0.0.1', limitMs = 30_000 } = {}): Promise<string> {
  const socket = connect({ port, host });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(limitMs) });
    return 'open';
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    return code === 'ABORT_ERR' ? 'no answer' : code;
  } finally {
    socket.destroy();
  }
}

export function portOf(listen: string): number {
  return Number(listen.slice(listen.lastIndexOf(':') + 1));
}

/** The value of a metric whose labels hold all of these, on a page in the text format of Prometheus. */
export function metricOn(page: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const line = page
    .split('\n')
    .find(
      (text) =>
        text.startsWith(`${name}{`) &&
        Object.entries(labels).every(([key, value]) => text.includes(`${key}="${value}"`)),
    );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly text: string;
  readonly json: T;
  readonly headers: Headers;
}

/** The API under test, by raw fetch, and parts of a test that are stopped with it. */
export class Bench implements AsyncDisposable {
  readonly url: string;
  readonly cleanup: Cleanup;

  constructor(url: string, cleanup: Cleanup) {
    this.url = url;
    this.cleanup = cleanup;
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers = {},
  ): Promise<Answer<T>> {
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, { method, headers, ...text });
    const answer = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(answer);
    } catch {
      json = undefined;
    }
    return { status: response.status, text: answer, json: json as T, headers: response.headers };
  }

  async echo(): Promise<TcpServer> {
    return this.cleanup.use('echo', await startEcho());
  }

  async tcp(onSocket: (socket: Socket) => void): Promise<TcpServer> {
    return this.cleanup.use('tcp', await startTcp(onSocket));
  }

  async dial(port: number): Promise<Peer> {
    const peer = await dial(port);
    this.cleanup.add('peer', () => void peer.socket.destroy());
    return peer;
  }

  /** Creates an enabled proxy to `upstream` and gives its port. */
  async proxy(name: string, upstream: string, more = {}): Promise<number> {
    const answer = await this.call('POST', '/proxies', { name, upstream, listen: '127.0.0.1:0', ...more });
    if (answer.status !== 201) throw new Error(answer.text);
    return portOf(String(answer.json['listen']));
  }

  async toxic(proxy: string, toxic: Record<string, unknown>): Promise<void> {
    const answer = await this.call('POST', `/proxies/${proxy}/toxics`, toxic);
    if (answer.status !== 200) throw new Error(answer.text);
  }

  async receipt(proxy: string, toxic: string): Promise<Record<string, unknown>> {
    return (await this.call('GET', `/gameday/receipts/${proxy}/${toxic}`)).json;
  }

  /** Waits until a toxic has altered so many bytes: they have come to it, and not passed unharmed. */
  async untilAltered(proxy: string, toxic: string, bytes: number): Promise<void> {
    const altered = async (): Promise<true | undefined> =>
      (await this.receipt(proxy, toxic))['bytesAltered'] === bytes ? true : undefined;
    await waitUntil(realClock, altered, { what: `${bytes} bytes altered by ${toxic}`, limitMs: 2_000, everyMs: 5 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cleanup.stop();
  }
}

/**
 * The server of a bench for a test of several, as it takes longer to start than to be used: when this bench is stopped, what was made with it is gone,
 * its proxies too, and the server is there for the next.
 */
export function borrow({ url }: Bench): Bench {
  const bench = new Bench(url, new Cleanup());
  bench.cleanup.add('proxies', async () => {
    const { json } = await bench.call('GET', '/proxies');
    for (const name of Object.keys(json)) await bench.call('DELETE', `/proxies/${encodeURIComponent(name)}`);
  });
  return bench;
}

/** Which of the next connections a toxic will be done to, as an `x` or a `.` each. */
export async function plannedPattern(bench: Bench, proxy: string, toxic: string): Promise<string> {
  const { json } = await bench.call<Rehearsed>('GET', `/gameday/plan/${proxy}/${toxic}?connections=24`);
  return json.decisions.map(({ outcome }) => (outcome === true ? 'x' : '.')).join('');
}

/** What a server decides: which connections of a new proxy a toxic will be done to that is done to half of them. */
export async function decidedBy(bench: Bench): Promise<string> {
  await bench.proxy('seeded', '127.0.0.1:1');
  await bench.toxic('seeded', { name: 'half', type: 'noop', toxicity: 0.5 });
  return plannedPattern(bench, 'seeded', 'half');
}

/** What a server of that seed decides. */
export async function decidedBySeed(seed: number): Promise<string> {
  await using bench = await startBench({ seed });
  return await decidedBy(bench);
}

/** What is typed to start a server, before its flags. */
export type Command = readonly [program: string, ...words: string[]];

export const ourCommand: Command = [
  process.execPath,
  join(import.meta.dirname, '..', '..', 'bin', 'gameday.js'),
  'proxy',
];

const realServer = process.env['TOXIPROXY_SERVER'];
/** That of a real toxiproxy-server, where there is one to run the tests of the shared API against, too. */
export const realCommand: Command | undefined = realServer === undefined ? undefined : [realServer];
export const againstRealServer = realCommand !== undefined;

export async function startBench(
  settings: { clock?: Clock; seed?: number; metrics?: MetricsShown; log?: (line: string) => void } = {},
): Promise<Bench> {
  const cleanup = new Cleanup();
  const { clock = realClock, seed = 1, metrics, log = () => undefined } = settings;
  const random = seededRandom(seed);
  const server = await startProxyServer({ clock, random, log, ...(metrics ? { metrics } : {}) });
  cleanup.use('proxy server', server);
  return new Bench(`http://127.0.0.1:${server.port}`, cleanup);
}

/** A bench for what ours and Shopify's server have in common; with `metrics`, both show those of their proxies, with `runtime` those of their process. */
export async function startSharedBench({ metrics = false, runtime = false } = {}): Promise<Bench> {
  if (realCommand === undefined)
    return startBench(metrics || runtime ? { metrics: { proxies: metrics, runtime } } : {});
  return startByCommand(realCommand, [
    ...(metrics ? ['-proxy-metrics'] : []),
    ...(runtime ? ['-runtime-metrics'] : []),
  ]);
}

/** A server in a process of its own, with these flags beside those for a free port. */
export async function startByCommand([program, ...words]: Command, flags: readonly string[]): Promise<Bench> {
  const port = await freePort();
  const child = spawn(program, [...words, '-host', '127.0.0.1', '-port', String(port), ...flags], { stdio: 'ignore' });
  const cleanup = new Cleanup();
  // One that hangs, as Toxiproxy does over a connection that stands still, does not heed a signal that asks.
  cleanup.add('server', () => void child.kill('SIGKILL'));
  const bench = new Bench(`http://127.0.0.1:${port}`, cleanup);
  await waitUntil(realClock, async () => (await bench.call('GET', '/version')).status, {
    what: 'the server',
    limitMs: 10_000,
  });
  return bench;
}

async function freePort(): Promise<number> {
  const server = await startEcho();
  await server.stop();
  return server.port;
}
