/**
 * How fast the fault proxy is beside no proxy at all and, where there is one, the real Toxiproxy: round trips, new connections, bytes, requests,
 * memory while 200 connections stand still, how late toxics are, and control while 500 connections stand still. Run with `npm run bench:proxy -- [--rounds 3] [--toxiproxy FILE] [--json FILE]`. Every process is
 * one of its own; the ways are measured in turn, round by round, and what is printed is the median with the least and the most. Figures
 * depend on the machine: only the ratios within one run say something.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { controlTimes } from './bench-proxy/control.ts';
import { lateness, type Api } from './bench-proxy/lateness.ts';
import {
  connectionsPerSecond,
  megabytesPerSecond,
  requestsPerSecond,
  roundTrips,
  writeToStalled,
  type Way,
} from './bench-proxy/measures.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    toxiproxy: { type: 'string' },
    json: { type: 'string' },
  },
});
const root = join(import.meta.dirname, '..');
const built = join(root, '.gameday', 'toxiproxy', 'v2.12.0', 'server');
const toxiproxy = values.toxiproxy ?? (existsSync(built) ? built : undefined);

/** A way to the upstream, and the process in between. */
interface Path {
  readonly name: string;
  readonly way: Way & { readonly stalled: number };
  readonly pid: number | undefined;
  /** Where its control is; the direct one has none. */
  readonly api: Api | undefined;
  /** Only its requests are measured. */
  readonly isForHttp?: true;
}

const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const upstream = fork(join(import.meta.dirname, 'bench-proxy', 'upstream.ts'));
children.push(upstream);
const [ports] = (await once(upstream, 'message')) as [Way & { sink: number }];
const paths: Path[] = [{ name: 'direct', way: { ...ports, stalled: ports.sink }, pid: undefined, api: undefined }];
for (const still of [undefined, { type: 'latency', attributes: { latency: 0 } }]) {
  const suffix = still ? ', latency 0' : '';
  paths.push(await through(`gameday${suffix}`, startOurs(), still));
  if (toxiproxy !== undefined) paths.push(await through(`toxiproxy${suffix}`, startTheirs(toxiproxy), still));
}
// Requests are read and matched, and nothing is done to them.
const unmatched = { type: 'http_status', attributes: { path: '/never' } };
paths.push({ ...(await through('gameday, no match', startOurs(), unmatched)), isForHttp: true });
if (toxiproxy === undefined) console.error('No Toxiproxy to compare with: `npm run test:toxiproxy` builds one.');

/** Ways whose control has stopped answering. */
const silent = new Set<string>();
const figures = new Map<string, Map<string, number[]>>();
for (let round = 0; round < Number(values.rounds); round++)
  for (const path of paths) {
    process.stderr.write(`round ${round + 1}: ${path.name}\n`);
    await measure(path);
  }
print();
if (values.json !== undefined)
  await writeFile(
    values.json,
    `${JSON.stringify(
      [...figures].map(([figure, byPath]) => ({ figure, ...Object.fromEntries(byPath) })),
      null,
      2,
    )}\n`,
  );
process.exit();

async function measure({ name, way, pid, api, isForHttp }: Path): Promise<void> {
  if (isForHttp) {
    await requestsPerSecond(way.http, 500);
    note('requests per second', name, await requestsPerSecond(way.http, 2000));
    return;
  }
  await roundTrips(way.echo, 500);
  const times = (await roundTrips(way.echo, 5000)).toSorted((left, right) => left - right);
  note('round trip p50 (µs)', name, (times[2500] ?? NaN) * 1000);
  note('round trip p99 (µs)', name, (times[4950] ?? NaN) * 1000);
  note('connections per second', name, await connectionsPerSecond(way.echo, 2000));
  note('MB per second', name, await megabytesPerSecond(way.count, 500));
  note('requests per second', name, await requestsPerSecond(way.http, 2000));
  if (pid === undefined) return;
  const before = residentMiB(pid);
  const stop = await writeToStalled(way.stalled, 200, 3000);
  note('MiB more while 200 connections stand still', name, residentMiB(pid) - before);
  stop();
  // The other two ways are the same programs with a toxic of zero, of which these say nothing.
  if (api === undefined || name.includes(',') || silent.has(name)) return;
  for (const [type, late] of await lateness(api, ports.echo, 100)) {
    note(`lateness of ${type}, p50 (µs)`, name, quantile(late, 0.5) * 1000);
    note(`lateness of ${type}, p99 (µs)`, name, quantile(late, 0.99) * 1000);
  }
  const control = await controlTimes(api, ports.sink, 50).catch((cause: unknown) => {
    console.error(`${name}: control did not answer while 500 connections stood still: ${String(cause)}`);
    silent.add(name);
  });
  if (!control) return;
  note('control, idle, p50 (µs)', name, quantile(control.idle, 0.5) * 1000);
  note('control, idle, p99 (µs)', name, quantile(control.idle, 0.99) * 1000);
  note('control, 500 stalled, p50 (µs)', name, quantile(control.stalled, 0.5) * 1000);
  note('control, 500 stalled, p99 (µs)', name, quantile(control.stalled, 0.99) * 1000);
  note('control, reset of 500 stalled (µs)', name, control.reset * 1000);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function note(figure: string, path: string, value: number): void {
  const byPath = figures.get(figure) ?? new Map<string, number[]>();
  figures.set(figure, byPath);
  byPath.set(path, [...(byPath.get(path) ?? []), value]);
}

function print(): void {
  const table = new Table({ head: ['figure', ...paths.map(({ name }) => name)], style: { head: [], border: [] } });
  for (const [figure, byPath] of figures) table.push([figure, ...paths.map(({ name }) => spread(byPath.get(name)))]);
  console.log(table.toString());
}

function spread(found: readonly number[] | undefined): string {
  if (!found) return '';
  const sorted = found.toSorted((left, right) => left - right);
  const text = (value: number | undefined): string =>
    (value ?? NaN).toLocaleString('en-US', { maximumFractionDigits: 0 });
  return `${text(sorted[Math.floor(sorted.length / 2)])} (${text(sorted[0])} to ${text(sorted.at(-1))})`;
}

async function startOurs(): Promise<{ url: string; pid: number | undefined }> {
  const child = fork(join(root, 'harness', 'proxy', 'main.ts'), ['--seed', '1']);
  children.push(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { url: `http://127.0.0.1:${port}`, pid: child.pid };
}

async function startTheirs(file: string): Promise<{ url: string; pid: number | undefined }> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  const child = spawn(file, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`${url}/version`).then(({ ok }) => ok, () => false)) return { url, pid: child.pid }; // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${file} did not start.`);
}

async function through(
  name: string,
  starting: Promise<{ url: string; pid: number | undefined }>,
  still: { readonly type: string; readonly attributes: object } | undefined,
): Promise<Path> {
  const { url, pid } = await starting;
  const proxied = async (service: string, port: number, toxic: object | undefined): Promise<number> => {
    const body = { name: service, listen: '127.0.0.1:0', upstream: `127.0.0.1:${port}` };
    const created = await post(`${url}/proxies`, body);
    for (const stream of toxic === undefined ? [] : ['upstream', 'downstream'])
      await post(`${url}/proxies/${service}/toxics`, { ...toxic, name: stream, stream });
    return Number(created.listen?.split(':').at(-1));
  };
  const way = {
    echo: await proxied('echo', ports.echo, still),
    count: await proxied('count', ports.count, still),
    http: await proxied('http', ports.http, still),
    stalled: await proxied('stalled', ports.sink, { type: 'bandwidth', attributes: { rate: 1 } }),
  };
  return { name, way, pid, api: { url } };
}

async function post(url: string, body: object): Promise<{ listen?: string }> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text) as { listen?: string };
}

/** What a process holds in memory; by the process file system, so on Linux only. NaN elsewhere. */
function residentMiB(pid: number): number {
  const file = `/proc/${pid}/statm`;
  if (!existsSync(file)) return NaN;
  return (Number(readFileSync(file, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
}
