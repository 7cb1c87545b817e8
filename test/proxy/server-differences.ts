import { expect } from 'vitest';
import { cameOf, dialThrough, isDecidedBySeed, plain, type Difference } from './difference-probes.ts';
import { metricOn } from './support.ts';

/** Those of the server as a whole: how it is started, what it says, and what it counts. */
export const serverDifferences: readonly Difference[] = [
  {
    what: '`-seed`',
    ours: 'decides what is left to chance',
    theirs: 'decides nothing',
    why: 'A run that failed can be had again',
    probe: (_, command) => isDecidedBySeed(command),
    seen: { ours: true, theirs: false },
  },
  {
    what: 'A `-config` that cannot be read',
    ours: 'ends it with 64',
    theirs: 'is told of in the log',
    why: 'Without its proxies every test would fail, for another reason',
    probe: async (_, command) => (await cameOf(command, ['-port', '0', '-config', '/no/such/file.json'])).code,
    seen: { ours: 64, theirs: 'goes on' },
  },
  {
    what: 'A word that is no flag (`-port 8474 seed 7`)',
    ours: 'ends it with 64',
    theirs: 'is ignored, as is every flag behind it',
    why: 'A flag would be missing, and nobody told',
    probe: async (_, command) => (await cameOf(command, ['-port', '0', 'extra', '-version'])).code,
    seen: { ours: 64, theirs: 'goes on' },
  },
  {
    what: 'A port of the API that is taken',
    ours: 'ends it with 64',
    theirs: 'is told of in the log',
    why: 'Whoever asks there is answered by somebody else',
    probe: async (bench, command) => (await cameOf(command, ['-port', new URL(bench.url).port])).code,
    seen: { ours: 64, theirs: 'goes on' },
  },
  {
    what: 'The log',
    ours: 'lines of text on standard error',
    theirs: 'JSON on standard output',
    why: 'It is read by people, and standard output says where the API is',
    probe: async (bench, command) => {
      const flags = ['-port', new URL(bench.url).port];
      const { stdout, stderr } = await cameOf(command, flags, { LOG_LEVEL: 'error' });
      return { stdout, stderr };
    },
    seen: { ours: { stdout: 'nothing', stderr: 'text' }, theirs: { stdout: 'JSON', stderr: 'nothing' } },
  },
  {
    what: 'Metrics of its own process (`-runtime-metrics`)',
    ours: '`process_*` and `nodejs_*`',
    theirs: '`process_*` and `go_*`',
    why: 'It is another platform',
    probe: async (bench) => {
      const { text } = await bench.call('GET', '/metrics');
      return ['process_', 'nodejs_', 'go_'].filter((name) => text.includes(`# TYPE ${name}`));
    },
    seen: { ours: ['process_', 'nodejs_'], theirs: ['process_', 'go_'] },
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
  {
    what: 'What is refused, beside `error` and `status`',
    ours: '`hint`, where there is more to say',
    theirs: 'nothing',
    why: 'Its words are compared by clients, so what to do needs a place of its own',
    probe: async (bench) => {
      await bench.call('POST', '/proxies', plain);
      return Object.keys((await bench.call('POST', '/proxies/a/toxics', { type: 'latncy' })).json).toSorted();
    },
    seen: { ours: ['error', 'hint', 'status'], theirs: ['error', 'status'] },
  },
  {
    what: 'Of a `listen` with a host that there is not',
    ours: '`lookup HOST: no such host`, and the words of the system in brackets',
    theirs: '`lookup HOST on RESOLVER: no such host`',
    why: 'It is another platform',
    probe: async (bench) => (await bench.call('POST', '/proxies', { ...plain, listen: 'no.invalid:0' })).json['error'],
    seen: {
      // A resolver that nobody can reach, or that does not work, is told of in other words.
      ours: expect.stringMatching(
        /^listen tcp: lookup no\.invalid: no such host \(getaddrinfo E[A-Z_]+ no\.invalid\)$/,
      ),
      theirs: expect.stringMatching(/^listen tcp: lookup no\.invalid on \S+: [^(]+$/),
    },
  },
  {
    what: '`GET /version`',
    ours: '`2.12.0`, whose API it speaks',
    theirs: '`2.12.0` as released, `git` where `go install` has built it',
    why: 'Clients ask what they can rely on',
    probe: async (bench) => (await bench.call('GET', '/version')).text,
    seen: { ours: '{"version": "2.12.0"}\n', theirs: expect.stringMatching(/^\{"version": "(git|2\.12\.0)"\}\n$/) },
  },
];
