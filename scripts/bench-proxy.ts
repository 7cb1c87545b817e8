/**
 * How fast the fault proxy is beside no proxy at all and, where there is one, the real Toxiproxy: round trips, new connections, bytes, requests,
 * events of streams, processor time, memory while 200 connections stand still, how late toxics are, and control while 500 connections stand
 * still. What reads requests is measured by those of HTTP only: other bytes it may hold until they are seen to be none. Run with `npm run bench:proxy -- [--rounds 7] [--toxiproxy FILE] [--json FILE]`. Every process is one of its own; the ways are measured in
 * turn, round by round, and what is printed is the median with the least and the most. Figures depend on the machine: only the ratios
 * within one round say something, and the bars are those. Round trips and connections take several short turns in a round, so that what
 * disturbs the machine for a second disturbs all ways alike.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { controlTimes } from './bench-proxy/control.ts';
import { eventDelays } from './bench-proxy/event-delays.ts';
import { Figures, mean, quantile, type Bar } from './bench-proxy/figures.ts';
import { ask, lateness } from './bench-proxy/lateness.ts';
import {
  askingConnectionsPerSecond,
  bodyMegabytesPerSecond,
  connectionsPerSecond,
  megabytesPerSecond,
  requestsPerSecond,
  roundTrips,
  writeToStalled,
} from './bench-proxy/measures.ts';
import { foundToxiproxy, Paths, type Path } from './bench-proxy/paths.ts';
import { processorMs, residentMiB } from './bench-proxy/process-costs.ts';

const bars: readonly Bar[] = [
  ...['', ', latency 0'].flatMap((still): Bar[] => {
    const ratio = { path: `gameday${still}`, beside: `Toxiproxy${still}` };
    return [
      { ...ratio, figure: 'round trip p50 (µs)', atMost: 1 },
      { ...ratio, figure: 'round trip p99 (µs)', atMost: 1 },
      { ...ratio, figure: 'connections per second', atLeast: 1.3 },
      { ...ratio, figure: 'MB per second', atLeast: 1.5 },
    ];
  }),
  ...['gameday', 'gameday, latency 0', 'gameday, no match'].map((path): Bar => ({
    figure: 'MiB more while 200 connections stand still',
    path,
    atMost: 64,
    by: 'most',
  })),
  { figure: 'requests per second', path: 'gameday, no match', beside: 'gameday', atLeast: 0.7 },
  { figure: 'control, 500 stalled, p99 (ms)', path: 'gameday', atMost: 50 },
  { figure: 'control, reset of 500 stalled (ms)', path: 'gameday', atMost: 50 },
];

/**
 * Round trips and connections of each way in a round: so many turns of so many and so long. What has stood still is slower at first: in turns of
 * 300 ms ours had a seventh less than in those of a second, Toxiproxy a twentieth.
 */
const turns = 5;
const roundTripsOfTurn = 2000;
const connectingMs = 1000;

/** How much passes one way, and how long a body is. */
const megabytes = 500;

/** What takes long is measured in so many rounds. */
const slowRounds = 3;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    toxiproxy: { type: 'string', default: foundToxiproxy() ?? '' },
    json: { type: 'string' },
  },
});
if (values.toxiproxy === '')
  console.error(
    'No Toxiproxy to compare with: `npm run test:toxiproxy` builds one, and `--toxiproxy FILE` or a `toxiproxy-server` on the PATH is another.',
  );

const figures = new Figures();
/** Ways whose control has stopped answering. */
const silent = new Set<string>();
let paths = new Paths();
process.on('exit', () => paths.stop());

await begin();
// What a process holds once it is warm: it gives hardly anything back, so that before each round it would be less every time.
const warmMiB = new Map(paths.all.map(({ name, pid }) => [name, pid === undefined ? NaN : residentMiB(pid)]));
const stalledRounds = Math.min(slowRounds, Number(values.rounds));
for (let round = 1; round <= stalledRounds; round++) for (const path of paths.all) await measureStall(path, round);
// After those: what was held while control was measured leaves memory behind, and a reset takes the stall away.
for (let round = 1; round <= stalledRounds; round++) for (const path of paths.all) await measureControl(path, round);
// Anew: what has held gigabytes collects its garbage seldom for the next minutes, and has its time for something else.
await paths.end();
paths = new Paths();
await begin();
for (let round = 1; round <= Number(values.rounds); round++) {
  await measureInTurns(
    paths.all.filter(({ of }) => of !== 'http'),
    round,
  );
  for (const path of paths.all) {
    process.stderr.write(`round ${round}: ${path.name}\n`);
    const note = (figure: string, value: number): void => figures.note(figure, path.name, value);
    if (path.of !== 'http') await measureData(path, note);
    await measureRequests(path, note);
    if (round <= slowRounds) await measureLateness(path, note);
  }
}
console.log(figures.table(paths.all.map(({ name }) => name)));
console.log(figures.bars(bars));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
process.exit();

async function begin(): Promise<void> {
  await paths.start(values.toxiproxy === '' ? undefined : values.toxiproxy);
  for (const path of paths.all) await warmUp(path);
}

/** The platform compiles what runs often, for some thousand connections long; a process that has just started is slower. */
async function warmUp({ name, way, of }: Path): Promise<void> {
  process.stderr.write(`warming up: ${name}\n`);
  await requestsPerSecond(way.http, 4000);
  await askingConnectionsPerSecond(way.http, 2000);
  await bodyMegabytesPerSecond(way.http, 1000);
  if (of === 'http') return;
  await roundTrips(way.echo, 10_000);
  await connectionsPerSecond(way.echo, 6000);
  await megabytesPerSecond(way.count, 2000);
}

type Note = (figure: string, value: number) => void;

async function measureInTurns(ways: readonly Path[], round: number): Promise<void> {
  process.stderr.write(`round ${round}: round trips and connections of all, in turn\n`);
  const found = ways.map(({ name, way }) => ({ name, way, tripsMs: [] as number[], perSecond: [] as number[] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const one of found) one.tripsMs.push(...(await roundTrips(one.way.echo, roundTripsOfTurn)));
    for (const one of found) one.perSecond.push(await connectionsPerSecond(one.way.echo, connectingMs));
  }
  for (const { name, tripsMs, perSecond } of found) {
    figures.note('round trip p50 (µs)', name, quantile(tripsMs, 0.5) * 1000);
    figures.note('round trip p99 (µs)', name, quantile(tripsMs, 0.99) * 1000);
    figures.note('connections per second', name, mean(perSecond));
  }
}

async function measureData({ way, pid }: Path, note: Note): Promise<void> {
  const usedMs = processorTimeOf(pid);
  note('MB per second', await megabytesPerSecond(way.count, megabytes));
  if (pid !== undefined) note('processor time per MB (µs)', (usedMs() * 1000) / megabytes);
}

/** Of the process, from now on. */
function processorTimeOf(pid = 0): () => number {
  const beforeMs = processorMs(pid);
  return () => processorMs(pid) - beforeMs;
}

async function measureRequests({ way, pid }: Path, note: Note): Promise<void> {
  note('requests per second', await requestsPerSecond(way.http, 1500));
  note('connections per second, with a request each', await askingConnectionsPerSecond(way.http, 1500));
  const usedMs = processorTimeOf(pid);
  note('MB of a body per second', await bodyMegabytesPerSecond(way.http, megabytes));
  if (pid !== undefined) note('processor time per MB of a body (µs)', (usedMs() * 1000) / megabytes);
  const delays = await eventDelays(way.http, 100);
  note('delay of an event, 100 streams, p50 (µs)', quantile(delays, 0.5) * 1000);
  note('delay of an event, 100 streams, p99 (µs)', quantile(delays, 0.99) * 1000);
}

async function measureStall({ name, way, pid, api }: Path, round: number): Promise<void> {
  if (pid === undefined || !api) return;
  process.stderr.write(`stalled, round ${round}: ${name}\n`);
  const stop = await writeToStalled(way.stalled, 200, 3000);
  figures.note('MiB more while 200 connections stand still', name, residentMiB(pid) - (warmMiB.get(name) ?? NaN));
  stop();
  // What they hold leads out at 1 KB per second, and would count in the next round, too.
  for (const enabled of [false, true]) await ask(api, 'POST', '/proxies/stalled', { enabled });
  // To close so many takes a while, which must not count for what comes next.
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

async function measureLateness({ api, of }: Path, note: Note): Promise<void> {
  const { ports } = paths;
  if (of !== 'all' || !api || !ports) return;
  for (const [type, late] of await lateness(api, ports.echo, 100)) {
    note(`lateness of ${type}, p50 (ms)`, quantile(late, 0.5));
    note(`lateness of ${type}, p99 (ms)`, quantile(late, 0.99));
  }
}

async function measureControl({ name, api, of }: Path, round: number): Promise<void> {
  const { ports } = paths;
  if (of !== 'all' || !api || !ports || silent.has(name)) return;
  process.stderr.write(`control, round ${round}: ${name}\n`);
  const note: Note = (figure, value) => figures.note(figure, name, value);
  const control = await controlTimes(api, ports.sink, 50).catch((cause: unknown) => {
    console.error(`${name}: control did not answer while 500 connections stood still: ${String(cause)}`);
    silent.add(name);
  });
  if (!control) return;
  note('control, idle, p50 (ms)', quantile(control.idle, 0.5));
  note('control, idle, p99 (ms)', quantile(control.idle, 0.99));
  note('control, 500 stalled, p50 (ms)', quantile(control.stalled, 0.5));
  note('control, 500 stalled, p99 (ms)', quantile(control.stalled, 0.99));
  note('control, reset of 500 stalled (ms)', control.reset);
}
