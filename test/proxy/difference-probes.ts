import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialLimitMs } from '../../harness/proxy/connection.ts';
import { offerUntilStalled, realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';

/** Something that Toxiproxy 2.12.0 does otherwise than we do, on purpose: what is tried, and what either is seen to do. */
export interface Difference {
  /** As in the table of docs/proxy.md. */
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
  readonly probe: (bench: Bench) => Promise<unknown>;
  /** What takes ours so long takes it half a second here. */
  readonly hurriedMs?: number;
  readonly seen: { readonly ours: unknown; readonly theirs: unknown };
}

/** A proxy of whose connections nothing is asked. */
export const plain = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' };

/** The statuses of the calls that put toxics on a proxy. */
export function statusesOfToxics(...toxics: readonly Record<string, unknown>[]): Difference['probe'] {
  return async (bench) => {
    await bench.call('POST', '/proxies', plain);
    return Promise.all(toxics.map(async (toxic) => (await bench.call('POST', '/proxies/a/toxics', toxic)).status));
  };
}

/** Toxics that are refused here, and taken there. */
export function mistakes(...toxics: readonly Record<string, unknown>[]): Pick<Difference, 'probe' | 'seen'> {
  const all = (status: number): number[] => toxics.map(() => status);
  return { probe: statusesOfToxics(...toxics), seen: { ours: all(400), theirs: all(200) } };
}

/** The statuses of calls, one after another. */
export async function statusesOf(bench: Bench, ...calls: readonly Parameters<Bench['call']>[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const call of calls) statuses.push((await bench.call(...call)).status);
  return statuses;
}

/** What the answer says of a proxy that is created. */
export async function created(bench: Bench, more: object = {}): Promise<{ listen: string; toxics: unknown[] }> {
  const proxy = { ...plain, ...more };
  const answer = await bench.call<{ listen: string; toxics: unknown[] }>('POST', '/proxies', proxy);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** A client of a server, with a proxy in between. */
export async function dialThrough(bench: Bench, server: TcpServer): Promise<Peer> {
  return bench.dial(await bench.proxy('a', server.address));
}

/** How a client sees the end of its connection. */
export async function endSeenBy(peer: Peer): Promise<string> {
  await peer.finished();
  return peer.errorCode ?? 'FIN';
}

export async function soon(
  work: Promise<unknown>,
  settings: { limitMs: number; otherwise: unknown },
): Promise<unknown> {
  return Promise.race([work, realClock.sleep(settings.limitMs).then(() => settings.otherwise)]);
}

/** Waits until none of these has been sent anything for 300 ms, which is long beside a round trip, and gives what each has got. */
async function settled(peers: readonly Peer[]): Promise<readonly string[]> {
  const quiet = async (): Promise<readonly string[] | undefined> => {
    const before = peers.map(({ text }) => text);
    await realClock.sleep(300);
    return peers.every(({ text }, index) => text === before[index]) ? before : undefined;
  };
  return waitUntil(realClock, quiet, { what: 'a pause', limitMs: 10_000 });
}

/** Whether each of many connections, half of which a toxic is done to, fares after an update of the toxic as it did before. */
export async function isChosenForLife(bench: Bench): Promise<boolean> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  await bench.toxic('a', { name: 'hole', type: 'timeout', toxicity: 0.5 });
  const peers = await Promise.all(Array.from({ length: 20 }, () => bench.dial(port)));
  for (const { socket } of peers) socket.write('1');
  const first = await settled(peers);
  await bench.call('PATCH', '/proxies/a/toxics/hole', { attributes: { timeout: 0 } });
  for (const { socket } of peers) socket.write('2');
  const both = await settled(peers);
  return both.every((text, index) => text === (first[index] === '1' ? '12' : ''));
}

/** The statuses of the removal of a toxic from a connection on which everything stands still, and of the next call. */
export async function removalFromStalled(bench: Bench): Promise<unknown> {
  const upstream = await bench.tcp((socket) => void socket.pause());
  const peer = await dialThrough(bench, upstream);
  await bench.toxic('a', { name: 'slow', type: 'latency', stream: 'upstream', attributes: { latency: 1 } });
  await offerUntilStalled(peer, 100);
  const statusSoon = (method: string, path: string): Promise<unknown> => {
    const answer = bench.call(method, path).then(({ status }) => status);
    // A server that hangs is ended by the test: so ends this call, too.
    return soon(
      answer.catch(() => undefined),
      { limitMs: 2000, otherwise: 'no answer' },
    );
  };
  // One after the other: sent side by side, the second may come first, and is answered then.
  const removal = await statusSoon('DELETE', '/proxies/a/toxics/slow');
  return [removal, await statusSoon('GET', '/proxies')];
}

/** How a client fares whose upstream answers no connect, for a second longer than a dial may take. */
export async function endOfUnansweredDial(bench: Bench): Promise<unknown> {
  await using other = await startBench();
  const silent = await other.proxy('silent', '127.0.0.1:1');
  await other.toxic('silent', { type: 'connect_timeout' });
  const peer = await bench.dial(await bench.proxy('a', `127.0.0.1:${silent}`));
  const closed = peer.finished().then(() => 'closed');
  return await soon(closed, { limitMs: dialLimitMs + 1000, otherwise: 'waits' });
}

/** How a client fares that still sends, and reads late, when more is sent to it than `limit_data` lets through. */
export async function whatOfLimitArrives(bench: Bench): Promise<string> {
  const limit = 300_000;
  const upstream = await bench.tcp((socket) => void socket.pause().write(Buffer.alloc(2 * limit)));
  const port = await bench.proxy('a', upstream.address);
  await bench.toxic('a', { type: 'limit_data', attributes: { bytes: limit } });
  const peer = await bench.dial(port);
  peer.socket.pause();
  peer.socket.write(Buffer.alloc(20_000_000));
  await realClock.sleep(200);
  peer.socket.resume();
  await peer.finished();
  return peer.receivedBytes === limit ? 'all' : 'less';
}
