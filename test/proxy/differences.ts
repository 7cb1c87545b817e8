import { expect } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialLimitMs } from '../../harness/proxy/connection.ts';
import {
  metricOn,
  offerUntilStalled,
  portState,
  realClock,
  startBench,
  type Bench,
  type Peer,
  type TcpServer,
} from './support.ts';

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
const plain = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' };

/** The statuses of the calls that put toxics on a proxy. */
function statusesOfToxics(...toxics: readonly Record<string, unknown>[]): Difference['probe'] {
  return async (bench) => {
    await bench.call('POST', '/proxies', plain);
    return Promise.all(toxics.map(async (toxic) => (await bench.call('POST', '/proxies/a/toxics', toxic)).status));
  };
}

/** Toxics that are refused here, and taken there. */
function mistakes(...toxics: readonly Record<string, unknown>[]): Pick<Difference, 'probe' | 'seen'> {
  const all = (status: number): number[] => toxics.map(() => status);
  return { probe: statusesOfToxics(...toxics), seen: { ours: all(400), theirs: all(200) } };
}

/** The statuses of calls, one after another. */
async function statusesOf(bench: Bench, ...calls: readonly Parameters<Bench['call']>[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const call of calls) statuses.push((await bench.call(...call)).status);
  return statuses;
}

/** What the answer says of a proxy that is created. */
async function created(bench: Bench, more: object = {}): Promise<{ listen: string; toxics: unknown[] }> {
  const proxy = { ...plain, ...more };
  const answer = await bench.call<{ listen: string; toxics: unknown[] }>('POST', '/proxies', proxy);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** A client of a server, with a proxy in between. */
async function dialThrough(bench: Bench, server: TcpServer): Promise<Peer> {
  return bench.dial(await bench.proxy('a', server.address));
}

/** How a client sees the end of its connection. */
async function endSeenBy(peer: Peer): Promise<string> {
  await peer.finished();
  return peer.errorCode ?? 'FIN';
}

async function soon(work: Promise<unknown>, settings: { limitMs: number; otherwise: unknown }): Promise<unknown> {
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
async function isChosenForLife(bench: Bench): Promise<boolean> {
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
async function removalFromStalled(bench: Bench): Promise<unknown> {
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
async function endOfUnansweredDial(bench: Bench): Promise<unknown> {
  await using other = await startBench();
  const silent = await other.proxy('silent', '127.0.0.1:1');
  await other.toxic('silent', { type: 'connect_timeout' });
  const peer = await bench.dial(await bench.proxy('a', `127.0.0.1:${silent}`));
  const closed = peer.finished().then(() => 'closed');
  return await soon(closed, { limitMs: dialLimitMs + 1000, otherwise: 'waits' });
}

/** How a client fares that still sends, and reads late, when more is sent to it than `limit_data` lets through. */
async function whatOfLimitArrives(bench: Bench): Promise<string> {
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

export const differences: readonly Difference[] = [
  {
    what: 'An attribute that makes no sense (`latency: -1`)',
    ours: '400 with the range that is allowed',
    theirs: '200; some values crash the server when bytes come',
    why: 'A mistake in a test should be seen there',
    ...mistakes({ type: 'latency', attributes: { latency: -1 } }),
  },
  {
    what: 'A toxicity that is no share (`2.5`)',
    ours: '400',
    theirs: '200, and counts as 1',
    why: 'Who writes 50 means 50 %',
    ...mistakes({ type: 'latency', toxicity: 2.5 }),
  },
  {
    what: 'A name of a field or an attribute that is nearly one that there is (`toxicty`)',
    ours: '400 with the one that may be meant; what is like none is ignored, but for attributes of types of ours',
    theirs: '200; it is ignored',
    why: 'The fault would be another than its author thinks',
    ...mistakes({ type: 'latency', toxicty: 0.5 }),
  },
  {
    what: '`slicer` without `average_size`',
    ours: '400',
    theirs: '200; the first bytes overflow its stack (Shopify/toxiproxy#541)',
    why: 'No value may crash the server',
    ...mistakes({ type: 'slicer' }),
  },
  {
    what: '`toxics` of a proxy that is created',
    ours: 'are there before the port opens',
    theirs: 'are ignored',
    why: 'Else the first bytes get past the fault (Shopify/toxiproxy#148)',
    probe: async (bench) => (await created(bench, { toxics: [{ type: 'noop' }] })).toxics.length,
    seen: { ours: 1, theirs: 0 },
  },
  {
    what: '`reset_peer` on a connection that is open already',
    ours: 'resets it (RST)',
    theirs: 'closes it (FIN)',
    why: 'A reset is what was asked for (Shopify/toxiproxy#465)',
    probe: async (bench) => {
      const peer = await dialThrough(bench, await bench.echo());
      await peer.roundTrip('hello');
      await bench.toxic('a', { type: 'reset_peer', attributes: { timeout: 0 } });
      peer.socket.write('again');
      return endSeenBy(peer);
    },
    seen: { ours: 'ECONNRESET', theirs: 'FIN' },
  },
  {
    what: '`packet_loss`',
    ours: 'is there',
    theirs: '400 `invalid toxic type`; it came after this release',
    why: 'Asked for since 2015 (Shopify/toxiproxy#87)',
    probe: statusesOfToxics({ type: 'packet_loss' }),
    seen: { ours: [200], theirs: [400] },
  },
  {
    what: 'A side that has finished while the other still speaks',
    ours: 'the other is heard to its end',
    theirs: 'both sides are closed',
    why: 'TCP allows it, and clients use it',
    probe: async (bench) => {
      const upstream = await bench.tcp((socket) => {
        socket.on('end', () => void setTimeout(() => socket.end('after your end'), 100));
        socket.resume();
      });
      const peer = await dialThrough(bench, upstream);
      peer.socket.end('question');
      await peer.finished();
      return peer.text;
    },
    seen: { ours: 'after your end', theirs: '' },
  },
  {
    what: '`listen` without a host (`:0`)',
    ours: 'loopback only',
    theirs: 'every interface',
    why: 'Nothing is opened to the network by omission',
    probe: async (bench) => (await created(bench, { listen: ':0' })).listen.replace(/:\d+$/, ''),
    seen: { ours: '127.0.0.1', theirs: '[::]' },
  },
  {
    what: '`Logger` in what is said of a proxy',
    ours: 'is not there',
    theirs: 'is an empty object',
    why: 'A field of its program that got into its answers',
    probe: async (bench) => 'Logger' in (await created(bench)),
    seen: { ours: false, theirs: true },
  },
  {
    what: 'An attribute that is too great (`latency`: 10^8, `rate`, `bytes`: 2^60)',
    ours: '400 with the range that is allowed',
    theirs: '200',
    why: 'Nobody means more than a day, 10 GB/s or 2^53 bytes',
    ...mistakes(
      { type: 'latency', attributes: { latency: 100_000_000 } },
      { type: 'bandwidth', attributes: { rate: 2 ** 60 } },
      { type: 'limit_data', attributes: { bytes: 2 ** 60 } },
    ),
  },
  {
    what: 'Something after the JSON of a body',
    ours: '400',
    theirs: 'is ignored',
    why: 'A mistake in a test should be seen there',
    probe: (bench) => statusesOf(bench, ['POST', '/proxies', `${JSON.stringify(plain)} and more`]),
    seen: { ours: [400], theirs: [201] },
  },
  {
    what: 'A name with a slash (`/proxies/a%2Fb`)',
    ours: 'is found',
    theirs: '404; it can be created, but not asked for or deleted',
    why: 'What can be created can be deleted',
    probe: async (bench) => {
      await created(bench, { name: 'a/b' });
      return statusesOf(bench, ['GET', '/proxies/a%2Fb'], ['DELETE', '/proxies/a%2Fb']);
    },
    seen: { ours: [200, 204], theirs: [404, 404] },
  },
  {
    what: 'A name that no path can hold (`.`, `..`, more than 1,024 characters)',
    ours: '400',
    theirs: '201; it cannot be asked for or deleted',
    why: 'What can be created can be deleted',
    probe: (bench) => statusesOf(bench, ['POST', '/proxies', { ...plain, name: '..' }], ['DELETE', '/proxies/..']),
    seen: { ours: [400, 404], theirs: [201, 404] },
  },
  {
    what: 'More than 500 toxics on a proxy',
    ours: '400',
    theirs: '200',
    why: 'Each is one more call for every chunk; some thousands would end the process',
    probe: statusesOfToxics(...Array.from({ length: 501 }, (_, number) => ({ type: 'noop', name: String(number) }))),
    seen: { ours: [...Array<number>(500).fill(200), 400], theirs: Array<number>(501).fill(200) },
  },
  {
    what: '`HEAD`',
    ours: 'as `GET`, without the body',
    theirs: '405',
    why: 'HTTP asks it of every server',
    probe: (bench) => statusesOf(bench, ['HEAD', '/version']),
    seen: { ours: [200], theirs: [405] },
  },
  {
    what: '`GET /version`',
    ours: '`2.12.0`, whose API it speaks',
    theirs: '`2.12.0` as released, `git` where `go install` has built it',
    why: 'Clients ask what they can rely on',
    probe: async (bench) => (await bench.call('GET', '/version')).text,
    seen: { ours: '{"version": "2.12.0"}\n', theirs: expect.stringMatching(/^\{"version": "(git|2\.12\.0)"\}\n$/) },
  },
  {
    what: 'A reset by a peer',
    ours: 'is a reset (RST) for the other, too',
    theirs: 'is an end (FIN) for the other',
    why: 'What a failure looks like is what is tested',
    probe: async (bench) => {
      const upstream = await bench.tcp((socket) => socket.once('data', () => void socket.resetAndDestroy()));
      const peer = await dialThrough(bench, upstream);
      peer.socket.write('hello');
      return endSeenBy(peer);
    },
    seen: { ours: 'ECONNRESET', theirs: 'FIN' },
  },
  {
    what: '`reset_peer` at toxicity 0',
    ours: 'leaves the end of a connection as it is (FIN)',
    theirs: 'resets, where a connection would have ended (RST)',
    why: 'Of no connection is of none (Shopify/toxiproxy#603)',
    probe: async (bench) => {
      const port = await bench.proxy('a', (await bench.echo()).address);
      await bench.toxic('a', { type: 'reset_peer', toxicity: 0 });
      const peer = await bench.dial(port);
      await peer.roundTrip('hello');
      peer.socket.end();
      await peer.closed();
      return endSeenBy(peer);
    },
    seen: { ours: 'FIN', theirs: 'ECONNRESET' },
  },
  {
    what: '`toxicity` when a toxic is updated',
    ours: 'stays rolled as it was for each open connection',
    theirs: 'is rolled anew for each',
    why: 'A connection is a bad one or a good one, and a record can say which',
    probe: isChosenForLife,
    seen: { ours: true, theirs: false },
  },
  {
    what: 'A toxic is removed from a connection on which everything stands still',
    ours: 'at once',
    theirs:
      '503 after 25 s, as do all calls that ask for this proxy, the list and `POST /reset` (Shopify/toxiproxy#558)',
    why: 'Control never waits for data',
    probe: removalFromStalled,
    seen: { ours: [204, 200], theirs: ['no answer', 'no answer'] },
  },
  {
    what: 'An upstream that answers no connect',
    ours: 'the client is closed after 10 s',
    theirs: 'the client waits until the system gives up, which takes Linux two minutes',
    why: 'No target waits so long, so that nothing of it would be seen',
    probe: endOfUnansweredDial,
    hurriedMs: dialLimitMs,
    seen: { ours: 'closed', theirs: 'waits' },
  },
  {
    what: '`limit_data`, when a client still sends',
    ours: 'all that it let through arrives, then the end',
    theirs: 'the connection is reset, and what was on its way is lost',
    why: 'So many bytes are what was asked for',
    probe: whatOfLimitArrives,
    seen: { ours: 'all', theirs: 'less' },
  },
  {
    what: 'A `listen` of an update that cannot be opened',
    ours: '500, and the proxy stays as it was, with its connections',
    theirs: '500; it is disabled, at the new address',
    why: 'A refused change changes nothing',
    probe: async (bench) => {
      const echo = await bench.echo();
      const port = await bench.proxy('a', echo.address);
      const peer = await bench.dial(port);
      await peer.roundTrip('hello');
      const { status } = await bench.call('POST', '/proxies/a', { listen: echo.address });
      const { json } = await bench.call('GET', '/proxies/a');
      const place = json['listen'] === `127.0.0.1:${port}` ? 'old' : 'new';
      const isLive = await soon(
        peer.roundTrip('again').then(
          () => true,
          () => false,
        ),
        { limitMs: 2000, otherwise: false },
      );
      return { status, place, enabled: json['enabled'], isLive, port: await portState(port) };
    },
    seen: {
      ours: { status: 500, place: 'old', enabled: true, isLive: true, port: 'open' },
      theirs: { status: 500, place: 'new', enabled: false, isLive: false, port: 'ECONNREFUSED' },
    },
  },
  {
    what: 'Bytes in `/metrics`',
    ours: 'as they pass',
    theirs: 'when their connection has ended',
    why: 'Connections may be kept open for hours',
    probe: async (bench) => {
      const peer = await dialThrough(bench, await bench.echo());
      await peer.roundTrip('hello');
      const { text } = await bench.call('GET', '/metrics');
      return metricOn(text, 'toxiproxy_proxy_received_bytes_total', { proxy: 'a', direction: 'upstream' });
    },
    seen: { ours: 5, theirs: undefined },
  },
];
