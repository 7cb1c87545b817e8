import { execFile } from 'node:child_process';
import { Toxiproxy, type Proxy } from 'toxiproxy-node-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { connectProxyClient } from '../../harness/proxy/client.ts';
import { addToxicBy, type AnyToxic } from '../../harness/proxy/index.ts';
import { againstRealServer, portOf, portState, startBench, startSharedBench, type Bench, type TcpServer } from './support.ts'; // prettier-ignore

// Programs that were written for Toxiproxy, against ours and (`npm run test:toxiproxy`) against the real one.

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startSharedBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

/**
 * What `StartedToxiProxyContainer` of @testcontainers/toxiproxy 12.1.0 does at the server of its container, call by call; only that it listens
 * on every interface there, on ports that Docker passes on, and here on free ones of loopback.
 */
class StartedContainer {
  readonly client: Toxiproxy;
  readonly #ports: readonly number[];

  constructor(url: string, ports: readonly number[]) {
    this.client = new Toxiproxy(url);
    this.#ports = ports;
  }

  async createProxy(body: { name: string; upstream: string }): Promise<{
    port: number;
    instance: Proxy;
    setEnabled: (enabled: boolean) => Promise<Proxy>;
  }> {
    const used = Object.values(await this.client.getAll()).map(({ listen }) => portOf(listen));
    const port = this.#ports.find((candidate) => !used.includes(candidate));
    if (port === undefined) throw new Error('No available ports left');
    const listen = `127.0.0.1:${port}`;
    const instance = await this.client.createProxy({ ...body, listen });
    return { port, instance, setEnabled: (enabled) => instance.update({ enabled, listen, upstream: body.upstream }) };
  }
}

describe('@testcontainers/toxiproxy', () => {
  it('waits for the version, makes proxies on its ports, cuts them and puts toxics on them', async () => {
    expect((await bench.call('GET', '/version')).status).toBe(200);
    const container = new StartedContainer(bench.url, await freePorts(2));
    const [first, second] = [
      await container.createProxy({ name: 'first', upstream: echo.address }),
      await container.createProxy({ name: 'second', upstream: echo.address }),
    ];
    expect(second.port).not.toBe(first.port);
    await expect(container.createProxy({ name: 'third', upstream: echo.address })).rejects.toThrow(
      'No available ports',
    );
    const peer = await bench.dial(first.port);
    await peer.roundTrip('hello');
    expect((await first.setEnabled(false)).enabled).toBe(false);
    await peer.finished();
    expect(await portState(first.port)).toBe('ECONNREFUSED');
    expect((await first.setEnabled(true)).enabled).toBe(true);
    await first.instance.addToxic({ name: 'slow', type: 'latency', stream: 'upstream', toxicity: 1, attributes: { latency: 1000, jitter: 0 } }); // prettier-ignore
    const again = await bench.dial(first.port);
    expect(await again.roundTrip('hello')).toBeGreaterThanOrEqual(998);
    expect(await (await bench.dial(second.port)).roundTrip('hello')).toBeLessThan(1000);
    await first.instance.remove();
    expect((await container.createProxy({ name: 'third', upstream: echo.address })).port).toBe(first.port);
  });
});

if (!againstRealServer)
  describe('a toxic of ours', () => {
    const own = [
      { type: 'packet_loss', attributes: { loss_rate: 0.5, correlation: 0.1 } },
      { type: 'slow_accept', attributes: { delay: 10 } },
      { type: 'close_after', attributes: { delay: 60_000 } },
      { type: 'corrupt', attributes: { rate: 0.001 } },
      {
        type: 'http_status',
        attributes: { status: 429, vendor: 'openai', retry_after: 'date+10', path: '/v1/*', headers: 'x-a: 1\nx-b: 2' },
      },
      { type: 'stream_cut', attributes: { events: 3, where: 'character', how: 'reset' } },
    ] as const satisfies readonly AnyToxic[];

    it.each(own)('$type goes through toxiproxy-node-client, whose types do not know it', async (toxic) => {
      const toxiproxy = new Toxiproxy(bench.url);
      const proxy = await toxiproxy.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: echo.address });
      const body = { ...toxic, name: 't', stream: 'upstream', toxicity: 0.5 } as const;
      const added = await addToxicBy(proxy, body);
      // Where not all attributes were given, the server's answer has the others, too.
      expect(added.toJson()).toMatchObject(body);
      const changed = await added.update({ ...added.toJson(), toxicity: 1 });
      expect(changed.toJson()).toEqual({ ...added.toJson(), toxicity: 1 });
      await changed.remove();
      expect((await bench.call('GET', '/proxies/a/toxics')).json).toEqual([]);
    });

    it.each(own)('$type goes through the client of the conductor with no cast', async (toxic) => {
      const client = connectProxyClient(bench.url, { clock: systemClock(), fetch });
      await client.createLink({ name: 'a', listen: '127.0.0.1:0', upstream: echo.address });
      await client.addToxic('a', { ...toxic, name: 't', stream: 'downstream', toxicity: 1 });
      expect((await bench.call('GET', '/proxies/a/toxics')).json).toMatchObject([toxic]);
      expect(await client.removeToxic('a', 't')).toMatchObject({ ended: 'removed' });
    });
  });

/** The path of a toxiproxy-cli 2.12.0; `npm run test:toxiproxy` builds it. */
const cli = process.env['TOXIPROXY_CLI'];

/** What is typed after the name of the program, and what it prints. */
const dialogue: readonly (readonly [typed: string, printed: string])[] = [
  ['list', ''],
  ['create -l 127.0.0.1:PORT -u 127.0.0.1:9 a', 'Created new proxy a'],
  ['create -l 127.0.0.1:PORT -u 127.0.0.1:9 a', 'Failed to create proxy: Create: HTTP 409: proxy already exists'],
  ['list', 'a\t127.0.0.1:PORT\t127.0.0.1:9\tenabled\t0'],
  ['toggle a', 'Proxy a is now disabled'],
  ['list', 'a\t127.0.0.1:PORT\t127.0.0.1:9\tdisabled\t0'],
  ['toggle a', 'Proxy a is now enabled'],
  ['inspect a', ''],
  ['toxic add -t latency -a latency=100 -a jitter=5 a', "Added downstream latency toxic 'latency_downstream' on proxy 'a'"], // prettier-ignore
  ['toxic add -t bandwidth -a rate=7 --upstream -n bw --toxicity 0.5 a', "Added upstream bandwidth toxic 'bw' on proxy 'a'"], // prettier-ignore
  ['toxic add -t slow_close -a delay=8 a', "Added downstream slow_close toxic 'slow_close_downstream' on proxy 'a'"],
  ['toxic add -t timeout -a timeout=5 a', "Added downstream timeout toxic 'timeout_downstream' on proxy 'a'"],
  ['toxic add -t reset_peer -a timeout=6 a', "Added downstream reset_peer toxic 'reset_peer_downstream' on proxy 'a'"],
  ['toxic add -t limit_data -a bytes=10 a', "Added downstream limit_data toxic 'limit_data_downstream' on proxy 'a'"],
  ['toxic add -t slicer -a average_size=9 -a size_variation=3 -a delay=1 a', "Added downstream slicer toxic 'slicer_downstream' on proxy 'a'"], // prettier-ignore
  ['toxic add -t nope a', 'Failed to add toxic: failed to add toxic to proxy a: AddToxic: HTTP 400: invalid toxic type'], // prettier-ignore
  ['toxic add -t latency -a latency=1 a', 'Failed to add toxic: failed to add toxic to proxy a: AddToxic: HTTP 409: toxic already exists'], // prettier-ignore
  ['toxic update -n latency_downstream -a latency=7 --toxicity 0.2 a', "Updated toxic 'latency_downstream' on proxy 'a'"], // prettier-ignore
  // It sends a toxicity of 1 where none is given.
  ['toxic update -n bw -a rate=9 a', "Updated toxic 'bw' on proxy 'a'"],
  ['list', 'a\t127.0.0.1:PORT\t127.0.0.1:9\tenabled\t7'],
  [
    'inspect a',
    [
      'bw\ttype=bandwidth\tstream=upstream\ttoxicity=1.00\tattributes=[\trate=9\t]',
      'latency_downstream\ttype=latency\tstream=downstream\ttoxicity=0.20\tattributes=[\tjitter=5\tlatency=7\t]',
      'slow_close_downstream\ttype=slow_close\tstream=downstream\ttoxicity=1.00\tattributes=[\tdelay=8\t]',
      'timeout_downstream\ttype=timeout\tstream=downstream\ttoxicity=1.00\tattributes=[\ttimeout=5\t]',
      'reset_peer_downstream\ttype=reset_peer\tstream=downstream\ttoxicity=1.00\tattributes=[\ttimeout=6\t]',
      'limit_data_downstream\ttype=limit_data\tstream=downstream\ttoxicity=1.00\tattributes=[\tbytes=10\t]',
      'slicer_downstream\ttype=slicer\tstream=downstream\ttoxicity=1.00\tattributes=[\taverage_size=9\tdelay=1\tsize_variation=3\t]',
    ].join('\n'),
  ],
  ['toxic delete -n bw a', "Removed toxic 'bw' on proxy 'a'"],
  ['toxic remove -n slicer_downstream a', "Removed toxic 'slicer_downstream' on proxy 'a'"],
  ['toxic delete -n none a', "Failed to remove toxic: failed to remove toxic 'none' from proxy 'a': HTTP 404: toxic not found"], // prettier-ignore
  ['delete a', 'Deleted proxy a'],
  ['delete a', 'Failed to retrieve proxy a: HTTP 404: proxy not found'],
  ['inspect a', 'Failed to retrieve proxy a: HTTP 404: proxy not found'],
  ['list', ''],
];

if (cli !== undefined)
  describe('toxiproxy-cli 2.12.0', () => {
    it.each([
      ['ours', startBench],
      ['the server that the other tests run against', startSharedBench],
    ])('says the same of every command, to the letter, with %s', async (_, start) => {
      await using server = await start();
      const [port = 0] = await freePorts(1);
      const seen: (readonly [string, string])[] = [];
      for (const [typed] of dialogue) {
        const printed = await type(cli, server.url, typed.replaceAll('PORT', String(port)));
        seen.push([typed, printed.replaceAll(String(port), 'PORT')]);
      }
      expect(seen).toEqual(dialogue);
    });
  });

/** What the program prints, on either stream, without the white space around it. */
function type(program: string, url: string, typed: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, ['-h', url, ...typed.split(' ')], (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()));
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => bench.tcp(() => undefined)));
  await Promise.all(servers.map((server) => server.stop()));
  return servers.map(({ port }) => port);
}
