import type { Bench } from './support.ts';

/** Something that Toxiproxy 2.12.0 does otherwise than we do, on purpose: what is tried, and what either is seen to do. */
export interface Difference {
  /** As in the table of docs/proxy.md. */
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
  readonly probe: (bench: Bench) => Promise<unknown>;
  readonly seen: { readonly ours: unknown; readonly theirs: unknown };
}

async function statusOfToxic(bench: Bench, toxic: Record<string, unknown>): Promise<number> {
  await bench.proxy('a', '127.0.0.1:1');
  return (await bench.call('POST', '/proxies/a/toxics', toxic)).status;
}

/** How a client sees the end of a connection on which a toxic is put once bytes have gone through it. */
async function endOfLiveConnection(bench: Bench, toxic: Record<string, unknown>): Promise<string> {
  const echo = await bench.echo();
  const peer = await bench.dial(await bench.proxy('a', echo.address));
  await peer.roundTrip('hello');
  await bench.toxic('a', toxic);
  peer.socket.write('again');
  await peer.finished();
  return peer.errorCode ?? 'FIN';
}

export const differences: readonly Difference[] = [
  {
    what: 'An attribute that makes no sense (`latency: -1`)',
    ours: '400 with the range that is allowed',
    theirs: '200; some values crash the server when bytes come',
    why: 'A mistake in a test should be seen there',
    probe: (bench) => statusOfToxic(bench, { type: 'latency', attributes: { latency: -1 } }),
    seen: { ours: 400, theirs: 200 },
  },
  {
    what: '`slicer` without `average_size`',
    ours: '400',
    theirs: '200; the first bytes overflow its stack (Shopify/toxiproxy#541)',
    why: 'No value may crash the server',
    probe: (bench) => statusOfToxic(bench, { type: 'slicer' }),
    seen: { ours: 400, theirs: 200 },
  },
  {
    what: '`toxics` of a proxy that is created',
    ours: 'are there before the port opens',
    theirs: 'are ignored',
    why: 'Else the first bytes get past the fault (Shopify/toxiproxy#148)',
    probe: async (bench) => {
      const proxy = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', toxics: [{ type: 'noop' }] };
      const { json } = await bench.call<{ toxics: unknown[] }>('POST', '/proxies', proxy);
      return json.toxics.length;
    },
    seen: { ours: 1, theirs: 0 },
  },
  {
    what: '`reset_peer` on a connection that is open already',
    ours: 'resets it (RST)',
    theirs: 'closes it (FIN)',
    why: 'A reset is what was asked for (Shopify/toxiproxy#465)',
    probe: (bench) => endOfLiveConnection(bench, { type: 'reset_peer', attributes: { timeout: 0 } }),
    seen: { ours: 'ECONNRESET', theirs: 'FIN' },
  },
  {
    what: '`packet_loss`',
    ours: 'is there',
    theirs: '400 `invalid toxic type`; it came after this release',
    why: 'Asked for since 2015 (Shopify/toxiproxy#87)',
    probe: (bench) => statusOfToxic(bench, { type: 'packet_loss' }),
    seen: { ours: 200, theirs: 400 },
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
      const peer = await bench.dial(await bench.proxy('a', upstream.address));
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
    probe: async (bench) => {
      const proxy = { name: 'a', listen: ':0', upstream: '127.0.0.1:1' };
      const { json } = await bench.call<{ listen: string }>('POST', '/proxies', proxy);
      return json.listen.slice(0, json.listen.lastIndexOf(':'));
    },
    seen: { ours: '127.0.0.1', theirs: '[::]' },
  },
  {
    what: '`Logger` in what is said of a proxy',
    ours: 'is not there',
    theirs: 'is an empty object',
    why: 'A field of its program that got into its answers',
    probe: async (bench) => {
      await bench.proxy('a', '127.0.0.1:1');
      return 'Logger' in (await bench.call('GET', '/proxies/a')).json;
    },
    seen: { ours: false, theirs: true },
  },
];
