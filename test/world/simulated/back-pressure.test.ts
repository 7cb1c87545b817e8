import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { anyKinds } from '../../../harness/proxy/kinds.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { withDefaults } from '../../proxy/http/edge-bench.ts';

type Attributes = Record<string, number | string>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

const eventBytes = 1000;
const eventCount = 2000;
/** 64 KiB that nobody has read, as much that a toxic holds, and what is on its way between. */
const mostAskedEvents = (2 * 65_536) / eventBytes + 10;

let clock: VirtualClock;
let registry: Registry;
let network: SimulatedNetwork;
let url: string;
/** How many events of the stream the server was asked for, and how often it was told that nobody wants more. */
let asked: number;
let cancelled: number;

beforeEach(async () => {
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock);
  registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
  asked = 0;
  cancelled = 0;
  const request = { name: 'link', listen: '127.0.0.1:0', upstream: network.listen(handler), enabled: true, toxics: [] };
  url = `http://${(await registry.create(request)).listen}`;
});

function eventOf(number: number): string {
  const text = number === eventCount ? '[DONE]' : `${number} `;
  return `data: ${text.padEnd(eventBytes - 8, '.')}\n\n`.replace(/^(data: \[DONE\])\.+/, '$1');
}
const events = Array.from({ length: eventCount }, (_, index) => eventOf(index + 1));
const whole = events.join('');

/** `/large` is one piece of 100,000 bytes; everything else a stream of events, each made when it is asked for. */
function handler(request: Request): Response {
  if (request.url.endsWith('/large')) return new Response(streamOf(['x'.repeat(100_000)]));
  return new Response(streamOf(events), { headers: { 'content-type': 'text/event-stream' } });
}

function streamOf(texts: readonly string[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        asked += 1;
        const text = texts[next++];
        if (text === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(text));
      },
      cancel: () => void (cancelled += 1),
    },
    { highWaterMark: 0 },
  );
}

function add(type: string, attributes: Attributes = {}): void {
  const kind = anyKinds.find((one) => one.type === type);
  if (!kind) throw new Error(`no toxic ${type}`);
  const request = { kind, name: type, stream: 'downstream', direction: 'downstream', toxicity: 1 } as const;
  registry.addToxic('link', { ...request, attributes: withDefaults(kind, attributes) });
}
function remove(type: string): void {
  const proxy = registry.get('link');
  proxy.removeToxic(proxy.toxic(type), 'removed');
}

async function open(path = '/events'): Promise<Reader> {
  const response = await clock.run(network.fetch(url + path));
  return (response.body as ReadableStream<Uint8Array>).getReader();
}
/** Opens the stream, reads one piece, and waits. Gives what it has read, too. */
async function openAndWait(): Promise<{ reader: Reader; first: string }> {
  const reader = await open();
  const { value } = await clock.run(reader.read());
  await clock.advance(10_000);
  return { reader, first: Buffer.from(value ?? []).toString() };
}
async function textOf(reader: Reader): Promise<string> {
  let text = '';
  for (let reading = await reader.read(); !reading.done; reading = await reader.read())
    text += Buffer.from(reading.value).toString();
  return text;
}
/** The code of the error that a stream ends with, and how many of its bytes came before. */
async function brokenOff(reader: Reader): Promise<{ code: unknown; bytes: number }> {
  let bytes = 0;
  try {
    for (let reading = await reader.read(); !reading.done; reading = await reader.read()) bytes += reading.value.length;
  } catch (cause) {
    return { code: cause instanceof Error ? (cause.cause as { code?: string } | undefined)?.code : cause, bytes };
  }
  return { code: 'none', bytes };
}

const doubled = (events[0] ?? '') + whole;
/** Toxics, and what the reader has in the end. */
const cases: readonly [string, Readonly<Record<string, Attributes>>, string][] = [
  ['a latency of 0', { latency: { latency: 0, jitter: 0 } }, whole],
  ['pieces', { slicer: { average_size: 300, size_variation: 100, delay: 0 } }, whole],
  ['a bandwidth', { bandwidth: { rate: 100 } }, whole],
  ['an event that comes twice', { stream_duplicate: { event: 1 } }, doubled],
  ['a stall', { stream_stall: { events: 1, stall: 60_000 } }, whole],
  ['a slow body', { http_slow_body: { delay: 1 } }, whole],
  ['slow events', { stream_slow: { delay: 1 } }, whole],
  ['a wrong length of a stream, which has none', { http_length: { difference: 5 } }, whole],
  ['two slow ones', { http_slow_body: { delay: 1 }, stream_slow: { delay: 2 } }, whole],
  [
    'one at its events and one at its bytes',
    { stream_duplicate: { event: 1 }, latency: { latency: 0, jitter: 0 } },
    doubled,
  ],
];

describe('a body whose reader waits', () => {
  it.each(cases)('is not asked for beyond a bound, and arrives as it would: %s', async (_name, toxics, expected) => {
    for (const [type, attributes] of Object.entries(toxics)) add(type, attributes);
    const { reader, first } = await openAndWait();
    const askedThen = asked;
    expect(askedThen).toBeLessThanOrEqual(Object.keys(toxics).length * mostAskedEvents);
    await clock.advance(100_000);
    const heldMore = Object.keys(toxics).some((type) => type === 'stream_stall') ? mostAskedEvents : 0;
    expect(asked).toBeLessThanOrEqual(askedThen + heldMore);
    const rest = await clock.run(textOf(reader));
    expect(first + rest === expected).toBe(true);
    expect([asked, cancelled]).toEqual([eventCount + 1, 0]);
  });

  it('is not asked for beyond a bound, nor read at all, where nobody begins to read', async () => {
    add('stream_duplicate', { event: 1 });
    const reader = await open();
    await clock.advance(10_000);
    expect(asked).toBeLessThanOrEqual(mostAskedEvents);
    expect((await clock.run(textOf(reader))) === doubled).toBe(true);
  });

  it('is bounded from the first toxic on, also one that comes in the middle', async () => {
    const { reader, first } = await openAndWait();
    expect(asked).toBe(1);
    add('latency', { latency: 0, jitter: 0 });
    const { value } = await clock.run(reader.read());
    await clock.advance(10_000);
    expect(asked).toBeLessThanOrEqual(mostAskedEvents);
    const rest = await clock.run(textOf(reader));
    expect(first + Buffer.from(value ?? []).toString() + rest === whole).toBe(true);
  });

  it.each<[string, Attributes, number]>([
    ['latency', { latency: 0, jitter: 0 }, 1],
    ['slicer', { average_size: 100, size_variation: 0, delay: 1000 }, 1],
    ['stream_duplicate', { event: 1 }, 2],
    ['http_slow_body', { delay: 1 }, 1],
    // What is held for as long as the toxic is there.
    ['stream_stall', { events: 1, stall: 0 }, 1],
  ])('goes on where %s with %j is taken away meanwhile, and stays bounded', async (type, attributes, times) => {
    add(type, attributes);
    const { reader, first } = await openAndWait();
    remove(type);
    await clock.advance(10_000);
    expect(asked).toBeLessThanOrEqual(2 * mostAskedEvents);
    const rest = await clock.run(textOf(reader));
    expect(first + rest === (times === 2 ? doubled : whole)).toBe(true);
  });

  it('goes on where all that passes the first fault is dropped by the second', async () => {
    add('http_slow_body', { delay: 1 });
    add('stream_cut', { events: 1, how: 'done' });
    const { reader, first } = await openAndWait();
    const rest = await clock.run(textOf(reader));
    expect(first + rest).toBe((events[0] ?? '') + (events.at(-1) ?? ''));
  });

  it('comes up to where it is cut, however long the reader has waited', async () => {
    add('http_cut', { bytes: 500_000 });
    const { reader, first } = await openAndWait();
    expect(asked).toBeLessThanOrEqual(mostAskedEvents);
    const { code, bytes } = await clock.run(brokenOff(reader));
    expect([code, first.length + bytes]).toEqual(['UND_ERR_SOCKET', 500_000]);
  });
});

const held: readonly [string, Attributes][] = [
  ['latency', { latency: 0, jitter: 0 }],
  ['bandwidth', { rate: 1 }],
  ['stream_duplicate', { event: 1 }],
  ['stream_stall', { events: 1, stall: 0 }],
  ['http_slow_body', { delay: 1 }],
];

describe('a server that waits for a reader', () => {
  it.each(held)('is told when that cancels: %s with %j', async (type, attributes) => {
    add(type, attributes);
    const { reader } = await openAndWait();
    const askedThen = asked;
    await clock.run(reader.cancel());
    await clock.advance(10_000);
    expect([cancelled, asked]).toEqual([1, askedThen]);
  });

  it.each(held)('is told when the connection is reset: %s with %j', async (type, attributes) => {
    add(type, attributes);
    const { reader } = await openAndWait();
    const askedThen = asked;
    add('reset_after', { delay: 100 });
    await clock.advance(10_000);
    expect(cancelled).toBe(1);
    // The toxic that resets has the body pumped, if it was not before: that is asked for as much again.
    expect(asked).toBeLessThanOrEqual(askedThen + mostAskedEvents);
    expect((await clock.run(brokenOff(reader))).code).toBe('ECONNRESET');
  });

  it.each(held)('is told when the link is disabled: %s with %j', async (type, attributes) => {
    add(type, attributes);
    const { reader } = await openAndWait();
    await registry.update('link', { enabled: false });
    await clock.advance(10_000);
    expect(cancelled).toBe(1);
    expect((await clock.run(brokenOff(reader))).code).toBe('UND_ERR_SOCKET');
  });

  it('is told when the connection breaks before anybody has begun to read', async () => {
    add('stream_duplicate', { event: 1 });
    await open();
    await clock.advance(10_000);
    await registry.update('link', { enabled: false });
    await clock.advance(10_000);
    expect(cancelled).toBe(1);
  });
});

describe('a body that has arrived and has not been read', () => {
  it('holds up nothing that comes on its connection after it', async () => {
    // Its end is on the way already when it is found that nobody reads.
    add('latency', { latency: 10, jitter: 0 });
    const large = await open('/large');
    await clock.advance(100);
    remove('latency');
    add('latency', { latency: 0, jitter: 0 });
    const { reader, first } = await openAndWait();
    expect(registry.traffic()['link']?.connections).toBe(1);
    const askedThen = asked;
    expect(await clock.run(textOf(large))).toHaveLength(100_000);
    await clock.advance(10_000);
    // Nor does reading it have more asked for.
    expect(asked).toBe(askedThen);
    expect(first + (await clock.run(textOf(reader))) === whole).toBe(true);
  });
});
