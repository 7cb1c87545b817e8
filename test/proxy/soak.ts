import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { seededRandom, type Random } from '../../harness/kit/random.ts';
import { startProgram } from './proxy-process.ts';
import { askOften, eventServer, problemOfAnswers } from './soak-http.ts';
import { realClock, type Bench } from './support.ts';

/** Echoes, and ends when its client has. */
const echo = `
  import { createServer } from 'node:net';
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }));
  process.on('disconnect', () => process.exit());
`;

/** What a proxy's toxics may do to the bytes: nothing but cut the stream off, flip bits, or leave chunks out; or what they like to answers of HTTP. */
const links = ['whole', 'flipped', 'gaps', 'http'] as const;
type Link = (typeof links)[number];

/** Milliseconds are short, so that connections come and go; what closes or loses is done to a few. */
const toxics: readonly { link: Link; type: string; toxicity?: number; isDoor?: true; attributes(random: Random): Record<string, number | string> }[] = [
  { link: 'whole', type: 'latency', attributes: (random) => ({ latency: random.integer(0, 80), jitter: random.integer(0, 40) }) },
  { link: 'whole', type: 'bandwidth', attributes: (random) => ({ rate: random.integer(0, 500) }) },
  { link: 'whole', type: 'slow_close', attributes: (random) => ({ delay: random.integer(0, 100) }) },
  { link: 'whole', type: 'timeout', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 200) }) },
  { link: 'whole', type: 'reset_peer', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 100) }) },
  { link: 'whole', type: 'slicer', attributes: (random) => ({ average_size: random.integer(1000, 4000), size_variation: 100, delay: random.integer(0, 2000) }) },
  { link: 'whole', type: 'limit_data', toxicity: 0.1, attributes: (random) => ({ bytes: random.integer(0, 20_000) }) },
  { link: 'whole', type: 'slow_accept', attributes: (random) => ({ delay: random.integer(0, 150) }) },
  { link: 'whole', type: 'close_after', toxicity: 0.1, attributes: (random) => ({ delay: random.integer(0, 300) }) },
  { link: 'whole', type: 'reset_after', toxicity: 0.05, attributes: (random) => ({ delay: random.integer(0, 300) }) },
  { link: 'whole', type: 'half_open', toxicity: 0.05, attributes: () => ({}) },
  { link: 'whole', type: 'never_answer', toxicity: 0.05, attributes: () => ({}) },
  { link: 'whole', type: 'shared_bandwidth', attributes: (random) => ({ rate: random.integer(5000, 50_000) }) },
  { link: 'whole', type: 'refuse', isDoor: true, attributes: () => ({}) },
  { link: 'whole', type: 'connect_timeout', isDoor: true, attributes: () => ({}) },
  { link: 'whole', type: 'noop', attributes: () => ({}) },
  { link: 'flipped', type: 'corrupt', attributes: (random) => ({ rate: random.next() / 100 }) },
  { link: 'gaps', type: 'packet_loss', attributes: (random) => ({ loss_rate: random.next() / 5, correlation: random.next() / 2 }) },
  { link: 'http', type: 'http_status', toxicity: 0.1, attributes: (random) => ({ status: random.integer(400, 599), vendor: 'openai' }) },
  { link: 'http', type: 'http_latency', attributes: (random) => ({ latency: random.integer(1, 80) }) },
  { link: 'http', type: 'http_slow_body', attributes: (random) => ({ delay: random.integer(1, 20) }) },
  { link: 'http', type: 'http_cut', toxicity: 0.1, attributes: (random) => ({ bytes: random.integer(0, 200), how: random.next() < 0.5 ? 'close' : 'reset' }) },
  { link: 'http', type: 'stream_late', attributes: (random) => ({ delay: random.integer(1, 80) }) },
  { link: 'http', type: 'stream_slow', attributes: (random) => ({ delay: random.integer(5, 20) }) },
  { link: 'http', type: 'stream_stall', toxicity: 0.1, attributes: (random) => ({ events: random.integer(0, 4), stall: random.integer(1, 100) }) },
  { link: 'http', type: 'stream_cut', toxicity: 0.1, attributes: (random) => ({ events: random.integer(0, 4), how: random.next() < 0.5 ? 'end' : 'done' }) },
  { link: 'http', type: 'stream_drop', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_duplicate', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_heartbeat', toxicity: 0.05, attributes: (random) => ({ events: random.integer(0, 4), interval: 20 }) },
]; // prettier-ignore

/** They leave what passes alone, or nobody tells us what they did. */
const typesWithoutReceipt = ['noop', 'refuse', 'connect_timeout'];

/** Bytes that tell where in the stream of which connection they are from; no two stretches of it are alike. */
const bytesPerConnection = 12_000;
const content = ((): Buffer => {
  const random = seededRandom('content');
  return Buffer.from(Array.from({ length: bytesPerConnection + 10_000 }, () => random.integer(0, 255)));
})();

/** On a busy machine more connections than asked for go through, until there were so many. */
const leastFlips = toxics.length * 3;

/** What a soak has seen. */
export interface SoakResult {
  readonly connections: number;
  /** Connections that got everything back, and the end behind it. */
  readonly whole: number;
  /** What was not right, in words; the first ten. */
  readonly wrong: readonly string[];
  readonly flips: number;
  /** Connections that found the door shut. */
  readonly refused: number;
  /** Answers of HTTP that came as they were sent. */
  readonly wholeAnswers: number;
  /** Types of toxics that altered something, by the receipts. */
  readonly typesThatAltered: readonly string[];
  /** Those that do something which is counted. */
  readonly typesThatCount: readonly string[];
}

/**
 * Lets many connections go through four proxies while toxics of every type come, change and go, by a seeded sequence; then heals, and waits
 * until every connection has ended.
 */
export async function soak(
  bench: Bench,
  settings: {
    readonly name: string;
    readonly total: number;
    readonly atATime: number;
    readonly seed: number;
    /** How long each waits between two of its four pieces, so that it sees some toxics come and go. */
    readonly pauseMs: number;
  },
): Promise<SoakResult> {
  const startUpstream = async (program: string): Promise<string> => `127.0.0.1:${(await startProgram(bench.cleanup, program)).port}`; // prettier-ignore
  const upstream = await startUpstream(echo);
  const httpUpstream = await startUpstream(eventServer);
  const nameOf = (link: Link): string => `${settings.name}-${link}`;
  const ports: Partial<Record<Link, number>> = {};
  for (const link of links) ports[link] = await bench.proxy(nameOf(link), link === 'http' ? httpUpstream : upstream);
  const wrong: string[] = [];
  let [started, whole, flips, refused, wholeAnswers] = [0, 0, 0, 0, 0];
  const open = new Map<number, Link>();
  const oneOfBytes = async (link: Link, number: number): Promise<string | undefined> => {
    const { received, ended, errorCode } = await converse(number, ports[link] ?? 0, settings.pauseMs);
    if (errorCode === 'ECONNREFUSED') refused += 1;
    if (ended && received.length === bytesPerConnection) whole += 1;
    return problemOf(link, number, received);
  };
  const oneOfRequests = async (number: number): Promise<string | undefined> => {
    const answered = await askOften(number, ports.http ?? 0, settings.pauseMs);
    wholeAnswers += answered.wholeAnswers;
    return problemOfAnswers(number, answered.text);
  };
  const one = async (): Promise<void> => {
    while (started < settings.total || flips < leastFlips) {
      const number = started++;
      // More than half of them on the link that has most of the types done to bytes.
      const link = links[[0, 0, 0, 0, 1, 2, 3][number % 7] ?? 0] ?? 'whole';
      open.set(number, link);
      const problem = await (link === 'http' ? oneOfRequests(number) : oneOfBytes(link, number));
      open.delete(number);
      if (problem !== undefined) wrong.push(`${link} ${number}: ${problem}`);
    }
  };
  const flipping = new AbortController();
  const flipped = flipToxics(bench, nameOf, { random: seededRandom(settings.seed), signal: flipping.signal, onFlip: () => (flips += 1) }); // prettier-ignore
  const running = Promise.all(Array.from({ length: settings.atATime }, one));
  const allStarted = waitUntil(realClock, () => (started >= settings.total && flips >= leastFlips ? true : undefined), {
    ...{ what: `the start of ${settings.total} connections`, limitMs: 600_000 },
  });
  // The flips end by themselves only when one of them fails.
  await Promise.race([allStarted, flipped]);
  await realClock.sleep(500);
  flipping.abort();
  await flipped;
  await bench.call('POST', '/reset');
  await waitUntil(realClock, () => (open.size === 0 ? true : undefined), {
    what: 'the end of all',
    limitMs: 60_000,
  }).catch(async (cause: unknown) => {
    const left = [...open].slice(0, 20).map(([number, link]) => `${link} ${number}`);
    const [proxies, traffic] = [await bench.call('GET', '/proxies'), await bench.call('GET', '/gameday/traffic')];
    const more = `${left.join(', ')}; the proxies are ${proxies.text}, and what passed them is ${traffic.text}`;
    throw new Error(`${open.size} connections have not ended: ${more}`, { cause });
  });
  await running;
  const accounts = (await bench.call<{ type: string; connectionsAltered: number; proxy: string }[]>('GET', '/gameday/receipts')).json.filter(({ proxy }) => proxy.startsWith(settings.name)); // prettier-ignore
  const altered = accounts.filter(({ connectionsAltered }) => connectionsAltered > 0).map(({ type }) => type);
  for (const link of links) await bench.call('DELETE', `/proxies/${nameOf(link)}`);
  return {
    ...{ connections: started, whole, wrong: wrong.slice(0, 10), flips, refused, wholeAnswers },
    typesThatAltered: [...new Set(altered)].toSorted(),
    typesThatCount: toxics.map(({ type }) => type).filter((type) => !typesWithoutReceipt.includes(type)).toSorted(), // prettier-ignore
  };
}

/** Sends the content of one connection in pieces, and takes what comes back until it is over. */
async function converse(
  number: number,
  port: number,
  pauseMs: number,
): Promise<{ received: Buffer; ended: boolean; errorCode: string | undefined }> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  let ended = false;
  let errorCode: string | undefined;
  socket.on('error', (cause: NodeJS.ErrnoException) => (errorCode = cause.code));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => {
    ended = true;
    socket.end();
  });
  const closed = once(socket, 'close').catch(() => undefined);
  const pieceBytes = bytesPerConnection / 4;
  for (let piece = 0; piece < 4; piece++) {
    const from = (number % 9973) + piece * pieceBytes;
    if (socket.writable) socket.write(content.subarray(from, from + pieceBytes));
    await realClock.sleep(pauseMs);
  }
  if (socket.writable) socket.end();
  await closed;
  return { received: Buffer.concat(chunks), ended, errorCode };
}

/** What is wrong with what a connection got back; undefined when nothing is. */
function problemOf(link: Link, number: number, received: Buffer): string | undefined {
  const sent = content.subarray(number % 9973, (number % 9973) + bytesPerConnection);
  if (received.length > sent.length) return `${received.length} bytes came back of ${sent.length}`;
  if (link === 'whole') return received.equals(sent.subarray(0, received.length)) ? undefined : 'not what was sent';
  if (link === 'gaps') return isWithGaps(received, sent) ? undefined : 'not what was sent with gaps';
  // At most two toxics at a time flip a bit each.
  const flipped = received.findIndex((byte, index) => bits(byte ^ (sent[index] ?? 0)) > 2);
  return flipped < 0 ? undefined : `more than two bits are flipped in byte ${flipped}`;
}

function bits(value: number): number {
  let count = 0;
  for (let left = value; left > 0; left >>= 1) count += left & 1;
  return count;
}

/** Whether it is what was sent with stretches left out. A stretch that stays is known by its next eight bytes, or by what is left of it. */
function isWithGaps(received: Buffer, sent: Buffer): boolean {
  let at = 0;
  let index = 0;
  while (index < received.length) {
    if (received[index] === sent[at]) {
      index += 1;
      at += 1;
      continue;
    }
    const next = sent.indexOf(received.subarray(index, index + 8), at);
    if (next < 0) return false;
    at = next;
  }
  return true;
}

/** One place for each type and way; what is in it comes, changes and goes. */
async function flipToxics(
  bench: Bench,
  nameOf: (link: Link) => string,
  { random, signal, onFlip }: { random: Random; signal: AbortSignal; onFlip: () => void },
): Promise<void> {
  const there = new Map<string, string>();
  for (let count = 0; !signal.aborted; count++) {
    // In turn first, so that there was one of each.
    const chosen = toxics[count < toxics.length * 2 ? count % toxics.length : random.integer(0, toxics.length - 1)];
    if (!chosen) continue;
    const { link, type, isDoor = false, toxicity = isDoor ? 1 : 0.5 } = chosen;
    const stream = random.next() < 0.5 ? 'upstream' : 'downstream';
    const place = `${type}-${stream}`;
    const path = `/proxies/${nameOf(link)}/toxics`;
    const attributes = chosen.attributes(random);
    const present = there.get(place);
    if (present === undefined) {
      // Each has a name of its own, so that its receipt is kept.
      const name = `${place}-${count}`;
      await bench.toxic(nameOf(link), { name, type, stream, attributes, toxicity });
      if (isDoor) {
        // Shut for a moment only: for everybody who comes.
        await realClock.sleep(30);
        await bench.call('DELETE', `${path}/${name}`);
      } else there.set(place, name);
    } else if (random.next() < 0.4) {
      await bench.call('PATCH', `${path}/${present}`, { attributes });
    } else {
      await bench.call('DELETE', `${path}/${present}`);
      there.delete(place);
    }
    onFlip();
    await realClock.sleep(10);
  }
}
