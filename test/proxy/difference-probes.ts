import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialLimitMs } from '../../harness/proxy/connection.ts';
import { offerUntilStalled, realClock, startBench, startByCommand, type Bench, type Command, type Peer, type TcpServer } from './support.ts'; // prettier-ignore

/** Something that Toxiproxy 2.12.0 does otherwise than we do, on purpose: what is tried, and what either is seen to do. */
export interface Difference {
  /** As in the table of docs/proxy.md. */
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
  /** `command` is what a server of this kind is started by. */
  readonly probe: (bench: Bench, command: Command) => Promise<unknown>;
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

/** The status of a path that is sent as it is. */
export async function statusOfPath({ url }: Bench, path: string): Promise<number | undefined> {
  const request = get(url, { path });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
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

/** Whether a connection still answers a while after something that may have ended it, or how it was ended. */
async function fateOf(peer: Peer): Promise<string> {
  await soon(peer.finished(), { limitMs: 300, otherwise: undefined });
  if (peer.ended || peer.socket.destroyed) return endSeenBy(peer);
  await peer.roundTrip('still there?');
  return 'goes on';
}

/** How a connection fares that a black hole is done to, when its toxicity becomes 0. */
export async function afterToxicityZero(bench: Bench): Promise<string> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  await bench.toxic('a', { name: 'hole', type: 'timeout', stream: 'upstream' });
  const peer = await bench.dial(port);
  peer.socket.write('hello');
  await realClock.sleep(300);
  await bench.call('PATCH', '/proxies/a/toxics/hole', { toxicity: 0 });
  return fateOf(peer);
}

/** How a connection fares when a black hole is removed that was done to none. */
export async function removedAtToxicityZero(bench: Bench): Promise<string> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  await bench.toxic('a', { name: 'hole', type: 'timeout', toxicity: 0 });
  const peer = await bench.dial(port);
  await peer.roundTrip('hello');
  await bench.call('DELETE', '/proxies/a/toxics/hole');
  return fateOf(peer);
}

/** Of a reset that is still to come: whether its removal waits for it, how the connection fares then, and when one comes whose time is changed. */
export async function changesWhileResetWaits(bench: Bench): Promise<readonly string[]> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  const peerBeforeReset = async (timeout: number): Promise<Peer> => {
    await bench.toxic('a', { name: 'reset', type: 'reset_peer', attributes: { timeout } });
    const peer = await bench.dial(port);
    peer.socket.write('hello');
    await realClock.sleep(100);
    return peer;
  };
  const removedFrom = await peerBeforeReset(1500);
  const startMs = realClock.now();
  await bench.call('DELETE', '/proxies/a/toxics/reset');
  const removal = realClock.now() - startMs < 1000 ? 'at once' : 'waits';
  const fate = await fateOf(removedFrom);
  const updated = await peerBeforeReset(2000);
  const patched = bench.call('PATCH', '/proxies/a/toxics/reset', { attributes: { timeout: 100 } });
  const isNew = await soon(endSeenBy(updated), { limitMs: 1000, otherwise: false });
  await patched;
  return [removal, fate, isNew === false ? 'old time' : 'new time'];
}

/** The statuses of the removal of a toxic from a connection on which everything stands still, and of other calls that come meanwhile. */
export async function removalFromStalled(bench: Bench): Promise<unknown> {
  const upstream = await bench.tcp((socket) => void socket.pause());
  const peer = await dialThrough(bench, upstream);
  await bench.toxic('a', { name: 'slow', type: 'latency', stream: 'upstream', attributes: { latency: 1 } });
  await offerUntilStalled(peer, 100);
  const answers = [bench.call('DELETE', '/proxies/a/toxics/slow')];
  // Sent at the same time, one of them may come before it.
  await realClock.sleep(500);
  for (const [method, path] of [
    ['GET', '/proxies'],
    ['GET', '/proxies/a'],
    ['POST', '/reset'],
  ] as const)
    // prettier-ignore
    answers.push(bench.call(method, path));
  const statuses = Promise.all(answers).then((all) => all.map(({ status }) => status));
  return soon(statuses, { limitMs: 28_000, otherwise: 'no answer' });
}

/** Whether what a client says comes back before its connection ends. */
async function isAnswered(peer: Peer): Promise<boolean> {
  peer.socket.write('hello');
  await Promise.race([peer.bytes(5).catch(() => undefined), peer.finished()]);
  return peer.receivedBytes === 5;
}

/** How many of some connections lose the answer to what they say, through a proxy with a toxic that ends each it is done to. */
export async function ended(bench: Bench, toxic: Readonly<Record<string, unknown>>): Promise<readonly number[]> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  const { status } = await bench.call('POST', '/proxies/a/toxics', toxic);
  let count = 0;
  for (let index = 0; index < 8; index++) if (!(await isAnswered(await bench.dial(port)))) count += 1;
  return [status, count];
}

/** Whether bytes come back through a slicer whose pieces are to have no length: it takes a server that they end some time for that, and a gigabyte. */
export async function slicedIntoNothing(bench: Bench): Promise<unknown> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  const { status } = await bench.call('POST', '/proxies/a/toxics', { type: 'slicer' });
  const answered = isAnswered(await bench.dial(port));
  return [status, await soon(answered, { limitMs: 2000, otherwise: false })];
}

/** The pieces that 1,500 bytes are cut into where they are to have 1,000 each, with so much time between them that none are joined. */
export async function slicedSizes(bench: Bench): Promise<readonly number[]> {
  const sizes: number[] = [];
  const upstream = await bench.tcp((socket) => socket.on('data', ({ length }) => sizes.push(length)));
  const port = await bench.proxy('a', upstream.address);
  const attributes = { average_size: 1000, size_variation: 0, delay: 300_000 };
  await bench.toxic('a', { type: 'slicer', stream: 'upstream', attributes });
  (await bench.dial(port)).socket.write(Buffer.alloc(1500));
  const all = (): true | undefined => sizes.reduce((sum, size) => sum + size, 0) === 1500 || undefined;
  await waitUntil(realClock, all, { what: '1500 bytes', limitMs: 5_000 });
  return sizes;
}

/** Whether who sends 60 MB into a hole has got rid of them after three seconds. */
export async function fallOf60Megabytes(bench: Bench): Promise<string> {
  const port = await bench.proxy('a', (await bench.echo()).address);
  await bench.toxic('a', { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } });
  const { socket } = await bench.dial(port);
  socket.write(Buffer.alloc(60_000_000));
  await realClock.sleep(3000);
  return socket.writableLength === 0 ? 'all gone' : 'not yet';
}

/** Whether a server that is started twice with one seed does the same to 24 connections, half of which a toxic is done to. */
export async function isDecidedBySeed(command: Command): Promise<boolean> {
  const patterns: string[] = [];
  for (let round = 0; round < 2; round++) {
    await using bench = await startByCommand(command, ['-seed', '7']);
    const port = await bench.proxy('a', (await bench.echo()).address);
    await bench.toxic('a', { type: 'limit_data', toxicity: 0.5 });
    let pattern = '';
    for (let count = 0; count < 24; count++) pattern += (await isAnswered(await bench.dial(port))) ? '.' : 'x';
    patterns.push(pattern);
  }
  return patterns[0] === patterns[1];
}

/** How a command ends, or that it has not after ten seconds, and as what it says something on each stream. */
export async function cameOf(
  [program, ...words]: Command,
  flags: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(program, [...words, '-host', '127.0.0.1', ...flags], {
    ...{ stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...variables } },
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (chunk: Buffer) => (said[stream] += chunk.toString()));
  const closed = once(child, 'close').then(([code]: unknown[]) => code);
  const code = await soon(closed, { limitMs: 10_000, otherwise: 'goes on' });
  child.kill('SIGKILL');
  return { code, stdout: formatOf(said.stdout), stderr: formatOf(said.stderr) };
}

function formatOf(text: string): string {
  if (text === '') return 'nothing';
  return text.trim().split('\n').every((line) => line.startsWith('{')) ? 'JSON' : 'text'; // prettier-ignore
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
