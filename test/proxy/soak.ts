import { waitUntil } from '../../harness/kit/deadline.ts';
import { seededRandom, type Random } from '../../harness/kit/random.ts';
import { OpenSockets } from './open-sockets.ts';
import { startProgram } from './proxy-process.ts';
import { bytesPerConnection, converse, echo, piecesPerConnection, problemOf } from './soak-bytes.ts';
import { askOften, eventServer, problemOfAnswers } from './soak-http.ts';
import { visit, visitUntilMet, type Door } from './soak-visitors.ts';
import { links, soakToxics, typesThatCount, type Link } from './soak-toxics.ts';
import { realClock, type Bench } from './support.ts';
import { authorityOf, certify } from './tls-support.ts';

/** So that each toxic has come, and has changed or gone. */
const leastFlips = soakToxics.length * 2;

/** What a soak has seen. */
export interface SoakResult {
  readonly connections: number;
  /** Connections that got everything back, and the end behind it. */
  readonly whole: number;
  /** What was not right, in words; the first ten. */
  readonly wrong: readonly string[];
  readonly flips: number;
  /** How many were open at once, as clients see it. */
  readonly mostOpen: number;
  /** Connections that found the door shut. */
  readonly refused: number;
  /** Answers of HTTP that came as they were sent. */
  readonly wholeAnswers: number;
  /** Connections with TLS that got everything back, and those whose client did not like the certificate. */
  readonly wholeThroughTls: number;
  readonly certificatesRefused: number;
  /** Types of toxics that altered something, by the receipts. */
  readonly typesThatAltered: readonly string[];
  /** Those that do something which is counted. */
  readonly typesThatCount: readonly string[];
}

/**
 * Lets many connections go through five proxies while toxics of every type come, change and go, by a seeded sequence; then heals, and waits
 * until every connection has ended.
 */
export async function soak(bench: Bench, settings: SoakSettings): Promise<SoakResult> {
  const countedTypes = typesThatCount();
  const nameOf = (link: Link): string => `${settings.name}-${link}`;
  const traffic = new SoakTraffic(await openLinks(bench, nameOf), settings);
  const flipping = new AbortController();
  const flips = { random: seededRandom(settings.seed), signal: flipping.signal, traffic };
  const running = traffic.run();
  // Toxics end connections, so that as many as are wanted are open at once before the first of them comes, and hardly ever again.
  await waitUntil(realClock, () => traffic.openNow >= settings.atATime || undefined, {
    ...{ what: `${settings.atATime} open connections`, limitMs: 60_000 },
  });
  const flipped = flipToxics(bench, nameOf, flips);
  const allStarted = waitUntil(realClock, () => traffic.hasStarted || undefined, {
    ...{ what: `the start of ${settings.total} connections`, limitMs: 600_000, signal: flipping.signal },
  });
  try {
    // The flips end by themselves only when one of them fails.
    await Promise.race([allStarted, flipped]);
    await realClock.sleep(500);
  } finally {
    flipping.abort();
    traffic.stopPausing();
    await allStarted.catch(() => undefined);
  }
  await flipped;
  await bench.call('POST', '/reset');
  await untilAllEnded(bench, traffic);
  await running;
  await untilNoneIsOpen(bench, links.map(nameOf));
  const typesThatAltered = await alteringTypes(bench, links.map(nameOf));
  for (const link of links) await bench.call('DELETE', `/proxies/${nameOf(link)}`);
  return { ...traffic.result(), typesThatAltered, typesThatCount: countedTypes };
}

interface SoakSettings {
  readonly name: string;
  readonly total: number;
  readonly atATime: number;
  readonly seed: number;
  /** How long each waits at least behind each of its four pieces, so that it sees some toxics come and go. */
  readonly pauseMs: number;
}

/** Where clients of each link connect, and whom those with TLS trust. */
interface OpenLinks {
  readonly ports: Readonly<Record<Link, number>>;
  readonly ca: string;
}

async function openLinks(bench: Bench, nameOf: (link: Link) => string): Promise<OpenLinks> {
  const start = async (program: string): Promise<string> =>
    `127.0.0.1:${(await startProgram(bench.cleanup, program)).port}`;
  const certified = await certify();
  const [upstream, httpUpstream, tlsUpstream] = await Promise.all([echo(), eventServer, echo(certified)].map(start));
  const open = (link: Link, address = '', more = {}): Promise<number> => bench.proxy(nameOf(link), address, more);
  const ports = {
    whole: await open('whole', upstream),
    flipped: await open('flipped', upstream),
    gaps: await open('gaps', upstream),
    http: await open('http', httpUpstream),
    tls: await open('tls', tlsUpstream, { tls: { client: {}, upstream: { ca: certified.ca } } }),
  };
  return { ports, ca: await authorityOf(bench) };
}

/** Most of them on the link that has most of the types done to bytes; few with TLS, whose handshakes take as long as many connections. */
const turns: readonly Link[] = [
  ...Array.from({ length: 7 }, () => 'whole' as const),
  ...(['flipped', 'flipped', 'gaps', 'gaps', 'http', 'http', 'tls'] as const),
];

/** Connections, so many at a time, and what becomes of them. */
class SoakTraffic {
  readonly open = new Map<number, Link>();
  readonly #sockets = new OpenSockets();
  readonly #to: OpenLinks;
  readonly #settings: SoakSettings;
  readonly #wrong: string[] = [];
  #started = 0;
  /** How often toxics have changed. */
  #flips = 0;
  readonly #flipsPerPause: number;
  #pausing: { readonly untilFlips: number; readonly go: () => void }[] = [];
  readonly #counts = { whole: 0, refused: 0, wholeAnswers: 0, wholeThroughTls: 0, certificatesRefused: 0 };

  constructor(to: OpenLinks, settings: SoakSettings) {
    this.#to = to;
    this.#settings = settings;
    // The last connections begin with the last of the flips that there are to be, however slow those are on a busy machine.
    this.#flipsPerPause = Math.ceil((leastFlips * settings.atATime) / settings.total / piecesPerConnection);
  }

  /** Connections that clients have open. */
  get openNow(): number {
    return this.#sockets.now;
  }

  get hasStarted(): boolean {
    return this.#started >= this.#settings.total && this.#flips >= leastFlips;
  }

  flip(): void {
    this.#flips += 1;
    this.#letGo(this.#flips);
  }

  /** Where a client connects. */
  doorOf(link: Link): Door {
    return { port: this.#to.ports[link], ...(link === 'tls' && { ca: this.#to.ca }) };
  }

  countRefusal(errorCode: string): void {
    if (errorCode === 'ECONNREFUSED') this.#counts.refused += 1;
    if (/CERT|SIGNATURE/.test(errorCode)) this.#counts.certificatesRefused += 1;
  }

  stopPausing(): void {
    this.#letGo(Infinity);
  }

  #letGo(flips: number): void {
    for (const { untilFlips, go } of this.#pausing) if (untilFlips <= flips) go();
    this.#pausing = this.#pausing.filter(({ untilFlips }) => untilFlips > flips);
  }

  readonly #pause = async (): Promise<void> => {
    const untilFlips = this.#flips + this.#flipsPerPause;
    await realClock.sleep(this.#settings.pauseMs);
    if (this.#flips < untilFlips && !this.hasStarted)
      await new Promise<void>((go) => this.#pausing.push({ untilFlips, go }));
  };

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#settings.atATime }, () => this.#oneByOne()));
  }

  result(): Omit<SoakResult, 'typesThatAltered' | 'typesThatCount'> {
    return {
      connections: this.#started,
      flips: this.#flips,
      mostOpen: this.#sockets.most,
      wrong: this.#wrong.slice(0, 10),
      ...this.#counts,
    };
  }

  async #oneByOne(): Promise<void> {
    while (!this.hasStarted) {
      const number = this.#started++;
      const link = turns[number % turns.length] ?? 'whole';
      this.open.set(number, link);
      const problem = await (link === 'http' ? this.#ofRequests(number) : this.#ofBytes(link, number));
      this.open.delete(number);
      if (problem !== undefined) this.#wrong.push(`${link} ${number}: ${problem}`);
    }
  }

  async #ofBytes(link: Link, number: number): Promise<string | undefined> {
    const settings = { ...this.doorOf(link), pause: this.#pause, watch: this.#sockets.watch };
    const { received, ended, errorCode = '' } = await converse(number, settings);
    const isWhole = ended && received.length === bytesPerConnection;
    if (isWhole) this.#counts.whole += 1;
    if (isWhole && link === 'tls') this.#counts.wholeThroughTls += 1;
    this.countRefusal(errorCode);
    return problemOf(link, number, received);
  }

  async #ofRequests(number: number): Promise<string | undefined> {
    const answered = await askOften(number, this.#to.ports.http, { pause: this.#pause, watch: this.#sockets.watch });
    this.#counts.wholeAnswers += answered.wholeAnswers;
    return problemOfAnswers(number, answered.text);
  }
}

async function untilAllEnded(bench: Bench, { open }: SoakTraffic): Promise<void> {
  const ended = (): true | undefined => (open.size === 0 ? true : undefined);
  await waitUntil(realClock, ended, { what: 'the end of all', limitMs: 60_000 }).catch(async (cause: unknown) => {
    const left = [...open].slice(0, 20).map(([number, link]) => `${link} ${number}`);
    const [proxies, traffic] = [await bench.call('GET', '/proxies'), await bench.call('GET', '/gameday/traffic')];
    const more = `${left.join(', ')}; the proxies are ${proxies.text}, and what passed them is ${traffic.text}`;
    throw new Error(`${open.size} connections have not ended: ${more}`, { cause });
  });
}

/** The proxies have let go of the connections, too. */
async function untilNoneIsOpen(bench: Bench, names: readonly string[]): Promise<void> {
  const none = async (): Promise<true | undefined> => {
    const { json } = await bench.call<Record<string, { connectionsOpen: number }>>('GET', '/gameday/traffic');
    return names.every((name) => json[name]?.connectionsOpen === 0) || undefined;
  };
  await waitUntil(realClock, none, { what: 'that the proxies have no connection left', limitMs: 10_000 });
}

/** By the receipts of these proxies. */
async function alteringTypes(bench: Bench, names: readonly string[]): Promise<readonly string[]> {
  const { json } = await bench.call<{ type: string; connectionsAltered: number; proxy: string }[]>(
    'GET',
    '/gameday/receipts',
  );
  const altering = json.filter(({ proxy, connectionsAltered }) => names.includes(proxy) && connectionsAltered > 0);
  return [...new Set(altering.map(({ type }) => type))].toSorted();
}

/** One place for each type, link and way; what is in it comes, changes and goes. */
async function flipToxics(
  bench: Bench,
  nameOf: (link: Link) => string,
  { random, signal, traffic }: { random: Random; signal: AbortSignal; traffic: SoakTraffic },
): Promise<void> {
  const there = new Map<string, string>();
  for (let count = 0; !signal.aborted; count++) {
    // In turn first, so that there was one of each.
    const chosen =
      soakToxics[count < leastFlips ? count % soakToxics.length : random.integer(0, soakToxics.length - 1)];
    if (!chosen) continue;
    const { link, type, isDoor = false, isForComers = false, toxicity = isDoor ? 1 : 0.5 } = chosen;
    const { stream = random.next() < 0.5 ? 'upstream' : 'downstream' } = chosen;
    const place = `${link}-${type}-${stream}`;
    const path = `/proxies/${nameOf(link)}/toxics`;
    const attributes = chosen.attributes(random);
    const present = there.get(place);
    if (present === undefined) {
      // Each has a name of its own, so that its receipt is kept.
      const name = `${place}-${count}`;
      await bench.toxic(nameOf(link), { name, type, stream, attributes, toxicity });
      if (isDoor) {
        // Shut for a moment only: for everybody who comes, and somebody does.
        traffic.countRefusal(await visit(traffic.doorOf(link)));
        await realClock.sleep(30);
        await bench.call('DELETE', `${path}/${name}`);
      } else there.set(place, name);
      if (isForComers)
        for (const code of await visitUntilMet(bench, traffic.doorOf(link), name)) traffic.countRefusal(code);
    } else if (random.next() < 0.4) {
      await bench.call('PATCH', `${path}/${present}`, { attributes });
    } else {
      await bench.call('DELETE', `${path}/${present}`);
      there.delete(place);
    }
    traffic.flip();
    await realClock.sleep(10);
  }
}
