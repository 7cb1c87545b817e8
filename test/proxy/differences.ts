import { dialLimitMs } from '../../harness/proxy/connection.ts';
import {
  plain,
  statusesOfToxics,
  mistakes,
  statusesOf,
  statusOfPath,
  created,
  dialThrough,
  endSeenBy,
  soon,
  isChosenForLife,
  afterToxicityZero,
  removedAtToxicityZero,
  changesWhileResetWaits,
  removalFromStalled,
  endOfUnansweredDial,
  whatOfLimitArrives,
  ended,
  slicedIntoNothing,
  slicedSizes,
  fallOf60Megabytes,
  type Difference,
} from './difference-probes.ts';
import { serverDifferences } from './server-differences.ts';
import { portState } from './support.ts';

/** All there are, in the order of the table in docs/proxy.md. */
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
    probe: (bench) => ended(bench, { type: 'limit_data', toxicity: 2.5 }),
    seen: { ours: [400, 0], theirs: [200, 8] },
  },
  {
    what: 'A name of a field or an attribute that is nearly one that there is (`toxicty`)',
    ours: '400 with the one that may be meant; what is like none is ignored, but for attributes of types of ours',
    theirs: '200; it is ignored',
    why: 'The fault would be another than its author thinks',
    probe: statusesOfToxics(
      { type: 'latency', name: 'one', toxicty: 0.5 },
      { type: 'latency', name: 'two', attributes: { latncy: 5 } },
      { type: 'latency', name: 'three', colour: 'red', attributes: { colour: 1 } },
      // Of ours, which they do not have.
      { type: 'corrupt', name: 'four', attributes: { colour: 1 } },
    ),
    seen: { ours: [400, 400, 200, 400], theirs: [200, 200, 200, 400] },
  },
  {
    what: 'An attribute beside `attributes` (`{"type": "latency", "latency": 1000}`)',
    ours: '400',
    theirs: '200; it is ignored',
    why: 'The fault would be another than its author thinks',
    ...mistakes({ type: 'latency', latency: 1000 }),
  },
  {
    what: '`slicer` without `average_size`',
    ours: '400',
    theirs: '200; the first bytes do not come back: they overflow its stack in the end (Shopify/toxiproxy#541)',
    why: 'No value may crash the server',
    probe: slicedIntoNothing,
    seen: { ours: [400, true], theirs: [200, false] },
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
    what: '`reset_peer` that waits for its `timeout`',
    ours: 'can be removed: all passes, nothing is reset; or updated: the new time counts',
    theirs: 'resets at the time that it had; the call that removes or updates it waits until then',
    why: 'What is healed is done to nobody any more',
    probe: changesWhileResetWaits,
    seen: { ours: ['at once', 'goes on', 'new time'], theirs: ['waits', 'ECONNRESET', 'old time'] },
  },
  {
    what: '`packet_loss`',
    ours: 'is there, as it came after this release: the same attributes, defaults and chances',
    theirs: '400 `invalid toxic type`',
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
    what: 'A whole number written as `1e3` or `1.0`',
    ours: 'is taken',
    theirs: '400 `json: cannot unmarshal number`',
    why: 'It is a whole number',
    probe: (bench) =>
      statusesOf(
        bench,
        ['POST', '/proxies', plain],
        ['POST', '/proxies/a/toxics', '{"type": "latency", "attributes": {"latency": 1e3}}'],
      ),
    seen: { ours: [201, 200], theirs: [201, 400] },
  },
  {
    what: 'A port by the name of a service (`localhost:http-alt`), or with a sign or a blank (`:+80`, `: 80`)',
    ours: '500 `invalid port`',
    theirs: 'is looked up',
    why: 'What a port is does not depend on the machine',
    probe: (bench) =>
      statusesOf(
        bench,
        ['POST', '/proxies', { ...plain, listen: '127.0.0.1:+0' }],
        ['POST', '/proxies', { ...plain, name: 'b', listen: '127.0.0.1: 0' }],
      ),
    seen: { ours: [500, 500], theirs: [201, 201] },
  },
  {
    what: 'A body that is longer than 10,000 characters and 64 levels deep, or with more than 100,000 values or 1,000 fields in an object',
    ours: '400',
    theirs: 'is read',
    why: 'Everything else would wait until it is read',
    probe: (bench) => {
      const fields = Array.from({ length: 1001 }, (_, number) => [`field number ${number}`, 0]);
      return statusesOf(bench, ['POST', '/proxies', { ...plain, ...(Object.fromEntries(fields) as object) }]);
    },
    seen: { ours: [400], theirs: [201] },
  },
  {
    what: 'A body of more than 2 MiB',
    ours: '413',
    theirs: 'is read',
    why: 'What is read is held in memory',
    probe: (bench) => statusesOf(bench, ['POST', '/proxies', `${JSON.stringify(plain)}${' '.repeat(2 ** 21)}`]),
    seen: { ours: [413], theirs: [201] },
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
    what: 'A byte order mark before the JSON of a body',
    ours: 'is passed over',
    theirs: '400',
    why: 'RFC 8259 allows that, and some editors write one',
    probe: (bench) => statusesOf(bench, ['POST', '/proxies', `\ufeff${JSON.stringify(plain)}`]),
    seen: { ours: [201], theirs: [400] },
  },
  {
    what: 'What is wrong with a body, behind `bad request body: `',
    ours: 'in the words of our parsers, with the place',
    theirs: "in those of Go's, with its types",
    why: 'It is another platform',
    probe: async (bench) => (await bench.call('POST', '/proxies', '{"name":1}')).json['error'],
    seen: {
      ours: 'bad request body: name: Invalid input: expected string, received number',
      theirs: 'bad request body: json: cannot unmarshal number into Go struct field Proxy.name of type string',
    },
  },
  {
    what: 'A path with `.` or `..` (`/./version`)',
    ours: 'is the one that it leads to',
    theirs: '301',
    why: 'The standard of URLs has them so',
    probe: (bench) => statusOfPath(bench, '/./version'),
    seen: { ours: 200, theirs: 301 },
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
    what: '`timeout` is removed',
    ours: 'closes the connections that it was done to',
    theirs: 'closes those, too, that it was not done to: at toxicity 0 all',
    why: 'Of no connection is of none',
    probe: removedAtToxicityZero,
    seen: { ours: 'goes on', theirs: 'FIN' },
  },
  {
    what: '`toxicity` when a toxic is updated',
    ours: 'an open connection keeps what it has drawn: more toxicity only takes in further ones, less lets some go as a removal does',
    theirs: 'is rolled anew for each',
    why: 'A connection is a bad one or a good one, and a record can say which',
    probe: isChosenForLife,
    seen: { ours: true, theirs: false },
  },
  {
    what: '`timeout` whose `toxicity` becomes less',
    ours: 'closes the connections that it lets go, as where it is removed',
    theirs: 'lets them go on, without what it has swallowed',
    why: 'Nothing is missing in a connection that goes on',
    probe: afterToxicityZero,
    seen: { ours: 'FIN', theirs: 'goes on' },
  },
  {
    what: 'A toxic is removed from a connection on which everything stands still',
    ours: 'at once',
    theirs:
      '503 after 25 s, its limit for a call, as do all calls that ask for this proxy, the list and `POST /reset` (Shopify/toxiproxy#558)',
    why: 'Control never waits for data',
    probe: removalFromStalled,
    seen: { ours: [204, 200, 200, 204], theirs: [503, 503, 503, 503] },
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
    what: 'The sizes of the pieces that `slicer` cuts',
    ours: '`average_size` ± `size_variation`, each as likely',
    theirs: 'halves what came until it is no greater, so half of `average_size` and more',
    why: 'The places of the cuts are a matter of the seed, not of how bytes came',
    probe: slicedSizes,
    seen: { ours: [1000, 500], theirs: [750, 750] },
  },
  {
    what: 'Who sends into a hole (`timeout`)',
    ours: 'rests after each 64 KiB, 10 ms and each time twice as long, up to 320 ms',
    theirs: 'is read as fast as it sends',
    why: 'Control and other connections have their turn',
    probe: fallOf60Megabytes,
    seen: { ours: 'not yet', theirs: 'all gone' },
  },
  ...serverDifferences,
];
