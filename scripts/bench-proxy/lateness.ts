import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from './within.ts';

/** What a proxy can be asked. */
export interface Api {
  readonly url: string;
}

/** One toxic, and how long what it does takes by what it says of itself. */
interface Timed {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly nominalMs: number;
  /** Until it has happened. */
  readonly until: (socket: Socket) => Promise<unknown>;
}

const bytes =
  (count: number) =>
  async (socket: Socket): Promise<void> => {
    let came = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        came += chunk.length;
        if (came >= count) resolve();
      });
      socket.write(Buffer.alloc(count, 'x'));
    });
  };
/** `once` would take the reset for a failure. */
const end = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve()).write('x');
  });

/** Those that both proxies have and whose time does not depend on how bytes are cut. */
const timed: readonly Timed[] = [
  { type: 'latency', attributes: { latency: 20 }, nominalMs: 20, until: bytes(64) },
  { type: 'bandwidth', attributes: { rate: 100 }, nominalMs: 20, until: bytes(2000) },
  { type: 'slicer', attributes: { average_size: 1, size_variation: 0, delay: 5000 }, nominalMs: 15, until: bytes(4) },
  { type: 'timeout', attributes: { timeout: 20 }, nominalMs: 20, until: end },
  { type: 'reset_peer', attributes: { timeout: 20 }, nominalMs: 20, until: end },
];

/** By how much each comes later than it says, so many times. Milliseconds, by type. */
export async function lateness(api: Api, upstreamPort: number, count: number): Promise<Map<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  for (const { type, attributes, nominalMs, until } of timed) {
    const name = `late-${type}`;
    const created = await ask(api, 'POST', '/proxies', { name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstreamPort}` }); // prettier-ignore
    await ask(api, 'POST', `/proxies/${name}/toxics`, { type, attributes });
    const port = Number((JSON.parse(created) as { listen: string }).listen.split(':').at(-1));
    const late: number[] = [];
    for (let index = 0; index < count; index++) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => undefined);
      await within(`a connection through ${name}`, once(socket, 'connect'));
      const fromMs = performance.now();
      await within(`what ${type} does`, until(socket));
      late.push(performance.now() - fromMs - nominalMs);
      socket.destroy();
    }
    await ask(api, 'DELETE', `/proxies/${name}`);
    found.set(type, late);
  }
  return found;
}

/** What takes longer is no answer any more: Toxiproxy's may wait for ever for a connection that stands still (Shopify/toxiproxy#558). */
const answerLimitMs = 10_000;

/** Calls the API and gives the text of the answer; throws when it refuses, or says nothing. */
export async function ask({ url }: Api, method: string, path: string, body?: object): Promise<string> {
  const call = async (): Promise<string> => {
    const response = await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  };
  return within(`an answer to ${method} ${path}`, call(), { limitMs: answerLimitMs });
}
