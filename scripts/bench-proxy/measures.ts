import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { within } from './within.ts';

/** Where each service of the upstream is reached by one way: directly, or through a proxy. */
export interface Way {
  readonly echo: number;
  readonly count: number;
  readonly http: number;
}

const nowMs = (): number => performance.now();

export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await within(`a connection to port ${port}`, once(socket, 'connect'));
  return socket;
}

/** Times of 64 bytes there and back, one after another on one connection. Milliseconds. */
export async function roundTrips(port: number, count: number): Promise<readonly number[]> {
  const socket = await dial(port);
  const message = Buffer.alloc(64, 'x');
  const times: number[] = [];
  const measured = new Promise<void>((resolve, reject) => {
    let sentMs = 0;
    let missing = 0;
    const send = (): void => {
      missing = message.length;
      sentMs = nowMs();
      socket.write(message);
    };
    socket.on('close', () => reject(new Error('The connection of the round trips was closed.')));
    socket.on('data', (chunk) => {
      missing -= chunk.length;
      if (missing > 0) return;
      times.push(nowMs() - sentMs);
      if (times.length < count) send();
      else resolve();
    });
    send();
  });
  await within(`${count} round trips`, measured);
  socket.removeAllListeners('close').destroy();
  return times;
}

/** New connections a second, each of which carries a byte there and back; eight at a time. */
export async function connectionsPerSecond(port: number, durationMs: number): Promise<number> {
  const startMs = nowMs();
  const endMs = startMs + durationMs;
  let count = 0;
  const one = async (): Promise<void> => {
    while (nowMs() < endMs) {
      const socket = await dial(port);
      socket.write('x');
      await once(socket, 'data');
      socket.resetAndDestroy();
      count += 1;
    }
  };
  // One deadline for all: a timer for each would be measured, too.
  await within('new connections, each with an answer', Promise.all(Array.from({ length: 8 }, one)), {
    meantMs: durationMs,
  });
  // The last ones are done a little later.
  return (count * 1000) / (nowMs() - startMs);
}

/** Megabytes a second one way, until the receiver has them all. */
export async function megabytesPerSecond(port: number, megabytes: number): Promise<number> {
  const socket = await dial(port);
  const block = Buffer.alloc(1_000_000, 'x');
  const first = Buffer.from(block);
  first.write(String(megabytes * 1_000_000).padStart(16, '0'));
  const answered = once(socket, 'data');
  // One that fails is told of by what is waited for at that time.
  answered.catch(() => undefined);
  const fromMs = nowMs();
  const sendAll = async (): Promise<Buffer> => {
    for (let sent = 0; sent < megabytes; sent++)
      if (!socket.write(sent === 0 ? first : block)) await once(socket, 'drain');
    const [answer] = (await answered) as [Buffer];
    return answer;
  };
  const answer = await within(`the answer to ${megabytes} MB`, sendAll());
  if (Number(answer.toString()) !== megabytes * 1_000_000) throw new Error(`Only ${answer.toString()} bytes came.`);
  socket.destroy();
  return (megabytes * 1000) / (nowMs() - fromMs);
}

/** Requests a second over 32 connections that are kept. */
export function requestsPerSecond(port: number, durationMs: number): Promise<number> {
  return answersPerSecond(port, { keepAlive: true, maxSockets: 32, durationMs });
}

/** New connections a second, each of which carries a request and its answer; eight at a time. */
export function askingConnectionsPerSecond(port: number, durationMs: number): Promise<number> {
  return answersPerSecond(port, { keepAlive: false, maxSockets: 8, durationMs });
}

async function answersPerSecond(
  port: number,
  { keepAlive, maxSockets, durationMs }: { keepAlive: boolean; maxSockets: number; durationMs: number },
): Promise<number> {
  const agent = new Agent({ keepAlive, maxSockets });
  const startMs = nowMs();
  const endMs = startMs + durationMs;
  let count = 0;
  const one = async (): Promise<void> => {
    while (nowMs() < endMs) {
      await answerBytes(port, { path: '/', agent });
      count += 1;
    }
  };
  const all = Promise.all(Array.from({ length: maxSockets }, one));
  await within(`answers on ${maxSockets} connections`, all, { meantMs: durationMs });
  agent.destroy();
  // The last ones are done a little later.
  return (count * 1000) / (nowMs() - startMs);
}

/** Megabytes a second of the body of one answer. */
export async function bodyMegabytesPerSecond(port: number, megabytes: number): Promise<number> {
  const agent = new Agent();
  const fromMs = nowMs();
  const body = answerBytes(port, { path: `/body?megabytes=${megabytes}`, agent });
  const bytes = await within(`a body of ${megabytes} MB`, body);
  if (bytes !== megabytes * 1_000_000) throw new Error(`Only ${bytes} bytes of a body came.`);
  return (megabytes * 1000) / (nowMs() - fromMs);
}

/** How many bytes the body of an answer has. */
function answerBytes(port: number, { path, agent }: { path: string; agent: Agent }): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    request({ port, host: '127.0.0.1', path, agent }, (response) => {
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve(bytes)).on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** What those say that write without end: a request, so that who reads requests does not take what follows for the beginning of one. */
const endless = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000000\r\n\r\n';

/** Writes to many connections that are never read from at the other end, as fast as they take it, for so long. */
export async function writeToStalled(port: number, connections: number, durationMs: number): Promise<() => void> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => dial(port)));
  const block = Buffer.alloc(65_536, 'x');
  for (const socket of sockets) {
    socket.write(endless);
    const write = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', write);
    write();
  }
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  return () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
}
