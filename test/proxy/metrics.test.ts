import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createControlApi } from '../../harness/proxy/control-api.ts';
import { Lease } from '../../harness/proxy/lease.ts';
import { Registry } from '../../harness/proxy/registry.ts';
import { anyKinds } from '../../harness/proxy/kinds.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { metricOn, startBench, type Bench } from './support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ metrics: { proxies: true, runtime: false } });
});
afterEach(() => bench.cleanup.stop());

describe('the metrics of the proxy', () => {
  it('count the bytes of each direction while connections are open, with the names and labels of Toxiproxy', async () => {
    const echo = await bench.echo();
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    const { text, headers } = await bench.call('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    for (const name of ['toxiproxy_proxy_received_bytes_total', 'toxiproxy_proxy_sent_bytes_total'])
      for (const direction of ['upstream', 'downstream'])
        expect(
          metricOn(text, name, { direction, proxy: 'a', listener: `127.0.0.1:${port}`, upstream: echo.address }),
        ).toBe(5);
  });

  it('tell what came from what was handed on, and what each toxic saw and altered, also after it is gone', async () => {
    const echo = await bench.echo();
    const port = await bench.proxy('a', echo.address);
    await bench.toxic('a', { name: 'hole', type: 'timeout', stream: 'upstream' });
    const peer = await bench.dial(port);
    peer.socket.write('hello');
    await bench.untilAltered('a', 'hole', 5);
    await bench.call('DELETE', '/proxies/a/toxics/hole');
    const { text } = await bench.call('GET', '/metrics');
    const way = { proxy: 'a', direction: 'upstream' };
    expect(metricOn(text, 'toxiproxy_proxy_received_bytes_total', way)).toBe(5);
    expect(metricOn(text, 'toxiproxy_proxy_sent_bytes_total', way)).toBe(0);
    const toxic = { proxy: 'a', toxic: 'hole', type: 'timeout', stream: 'upstream' };
    expect(metricOn(text, 'gameday_toxic_connections_seen_total', toxic)).toBe(1);
    expect(metricOn(text, 'gameday_toxic_connections_altered_total', toxic)).toBe(1);
    const figures = { altered_bytes: 5, dropped_bytes: 5, delayed_bytes: 0, corrupted_bytes: 0, cut_bytes: 0, requests_seen: 0, requests_altered: 0 }; // prettier-ignore
    for (const [name, figure] of Object.entries(figures))
      expect([name, metricOn(text, `gameday_toxic_${name}_total`, toxic)]).toEqual([name, figure]);
  });

  it('are not there unless they are asked for, as in Toxiproxy', async () => {
    const clock = new VirtualClock();
    const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined });
    const lease = new Lease(clock, () => undefined);
    const request = (metrics: { proxies: boolean; runtime: boolean }): Response | Promise<Response> =>
      createControlApi({ registry, lease, random: seededRandom(1), metrics })(new Request('http://proxy/metrics'));
    expect((await request({ proxies: false, runtime: false })).status).toBe(404);
    expect(await (await request({ proxies: false, runtime: true })).text()).toContain('process_cpu_seconds_total');
  });
});

describe('the capabilities of the proxy', () => {
  it('list every type with its attributes, their units, ranges and defaults', async () => {
    const { json } = await bench.call<{ types: { type: string; attributes: unknown[] }[] }>('GET', '/capabilities');
    expect(json.types.map(({ type }) => type)).toEqual(anyKinds.map(({ type }) => type));
    const attributesOf = (wanted: string): unknown => json.types.find(({ type }) => type === wanted)?.attributes;
    expect(attributesOf('packet_loss')).toEqual([
      {
        name: 'loss_rate',
        kind: 'number',
        unit: 'share',
        from: 0,
        to: 1,
        default: 0,
        required: false,
        integer: false,
      },
      {
        name: 'correlation',
        kind: 'number',
        unit: 'share',
        from: 0,
        to: 1,
        default: 0,
        required: false,
        integer: false,
      },
    ]);
    expect(attributesOf('slicer')).toContainEqual(
      { name: 'average_size', kind: 'number', unit: 'bytes', from: 1, to: 1_048_576, default: null, required: true, integer: true }, // prettier-ignore
    );
    expect(attributesOf('http_cut')).toContainEqual(
      { name: 'how', kind: 'text', default: 'close', required: false, choices: ['end', 'close', 'reset'], mostCharacters: null, format: null }, // prettier-ignore
    );
    const text = { kind: 'text', default: '', required: false, choices: null };
    const status = attributesOf('http_status');
    expect(status).toContainEqual({ ...text, name: 'body', mostCharacters: 65_536, format: null });
    expect(status).toContainEqual({ ...text, name: 'path', mostCharacters: 1000, format: expect.stringMatching(/^a path from its first "\/" on/) as string }); // prettier-ignore
    expect(status).toContainEqual({ ...text, name: 'headers', mostCharacters: 8192, format: 'lines of "name: value", none of them content-length, transfer-encoding, connection, keep-alive, proxy-connection' }); // prettier-ignore
  });

  it('are what a toxic is checked by: each attribute at its bounds is taken, and beyond them refused', async () => {
    await bench.proxy('a', '127.0.0.1:1', { tls: { client: {} } });
    const { json } = await bench.call<{
      types: { type: string; attributes: ({ name: string } & (NumberCapability | TextCapability))[] }[];
    }>('GET', '/capabilities');
    for (const { type, attributes } of json.types)
      for (const { name, ...may } of attributes)
        for (const [value, status] of tries(may)) {
          // prettier-ignore
          // The slicer's sizes have to go together.
          const other = type === 'slicer' && name === 'size_variation' ? { average_size: 1_048_576 } : {};
          const least = type === 'slicer' ? { average_size: 1, ...other } : {};
          const answer = await bench.call('POST', '/proxies/a/toxics', {
            ...{ name: 'probe', type, attributes: { ...least, [name]: value } },
          });
          expect([type, name, value, answer.status]).toEqual([type, name, value, status]);
          if (answer.status === 200) await bench.call('DELETE', '/proxies/a/toxics/probe');
        }
  });
});

interface NumberCapability {
  readonly kind: 'number';
  readonly from: number;
  readonly to: number;
}
interface TextCapability {
  readonly kind: 'text';
  readonly choices: readonly string[] | null;
  readonly mostCharacters: number | null;
  readonly format: string | null;
}

/** Values of an attribute, and the status that a toxic with each gets. */
function tries(may: NumberCapability | TextCapability): readonly (readonly [value: unknown, status: number])[] {
  if (may.kind === 'text') {
    const { choices, mostCharacters: most, format } = may;
    const taken = (choices ?? ['']).map((choice) => [choice, 200] as const);
    if (most === null) return [...taken, ['?', 400], [7, 400]];
    // What is as long as it may be is in order by its length alone where nothing is said of its looks.
    const longest = format === null ? ([['x'.repeat(most), 200]] as const) : [];
    return [
      ...taken,
      ...longest,
      ['x'.repeat(most + 1), 400],
      ...(format === null ? [] : [['\0', 400] as const]),
      [7, 400],
    ];
  }
  const { from, to } = may;
  return [[from, 200], [to, 200], [from - 1, 400], [to + 1, 400], ['7', 400]]; // prettier-ignore
}
