import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { ask, type Api } from './lateness.ts';
import type { Way } from './measures.ts';
import { untilTrue, within } from './within.ts';

const root = join(import.meta.dirname, '..', '..');

/** The real server: where `npm run test:toxiproxy` has built it, or else the `toxiproxy-server` of a path as in `PATH`. */
export function foundToxiproxy(
  path = process.env['PATH'] ?? '',
  built = join(root, '.gameday', 'toxiproxy', 'v2.12.0', 'server'),
): string | undefined {
  const installed = path.split(delimiter).map((folder) => join(folder, 'toxiproxy-server'));
  return [built, ...installed].find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A way to the upstream, and the process in between. */
export interface Path {
  readonly name: string;
  readonly way: Way & { readonly stalled: number };
  readonly pid: number | undefined;
  /** Where its control is; the direct one has none. */
  readonly api: Api | undefined;
  /** Which of the figures are measured on it: all, all but how control and timed toxics behave, or those of HTTP. */
  readonly of: 'all' | 'data' | 'http';
}

interface Started extends Api {
  readonly pid: number | undefined;
}

/** Every way to the upstream, each through a process of its own: none, ours, theirs, and both with a toxic that does nothing. */
export class Paths {
  readonly #children: ChildProcess[] = [];
  readonly all: Path[] = [];
  /** Of the upstream. */
  ports: (Way & { readonly sink: number }) | undefined;

  async start(toxiproxy: string | undefined): Promise<void> {
    const upstream = fork(join(import.meta.dirname, 'upstream.ts'));
    this.#children.push(upstream);
    const ports = await firstMessage<Way & { sink: number }>(upstream, 'the upstream');
    this.ports = ports;
    this.all.push({ ...{ name: 'direct', way: { ...ports, stalled: ports.sink } }, ...{ pid: undefined, api: undefined, of: 'data' } }); // prettier-ignore
    await this.#through('gameday', 'all', await this.#startOurs());
    if (toxiproxy !== undefined) await this.#through('Toxiproxy', 'all', await this.#startTheirs(toxiproxy));
    const zero = { type: 'latency', attributes: { latency: 0 } };
    await this.#through('gameday, latency 0', 'data', await this.#startOurs(), zero);
    if (toxiproxy !== undefined)
      await this.#through('Toxiproxy, latency 0', 'data', await this.#startTheirs(toxiproxy), zero);
    // Requests are read and matched, and nothing is done to them.
    const unmatched = { type: 'http_status', attributes: { path: '/never' } };
    await this.#through('gameday, no match', 'http', await this.#startOurs(), unmatched);
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  /** Ends all processes, and waits until they have given back what they held. */
  async end(): Promise<void> {
    const isThere = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;
    const gone = this.#children.filter(isThere).map((child) => once(child, 'exit'));
    this.stop();
    await within('the end of what was measured', Promise.all(gone));
  }

  async #startOurs(): Promise<Started> {
    const child = fork(join(root, 'harness', 'proxy', 'main.ts'), ['--seed', '1']);
    this.#children.push(child);
    const { port } = await firstMessage<{ port: number }>(child, 'gameday proxy');
    return { url: `http://127.0.0.1:${port}`, pid: child.pid };
  }

  async #startTheirs(file: string): Promise<Started> {
    const free = createServer().listen(0, '127.0.0.1');
    await within('a free port', once(free, 'listening'));
    const { port } = free.address() as AddressInfo;
    free.close();
    const child = spawn(file, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
    this.#children.push(child);
    const url = `http://127.0.0.1:${port}`;
    await untilTrue(`an answer of ${file}`, async () => (await ask({ url }, 'GET', '/version')) !== '', 50);
    return { url, pid: child.pid };
  }

  async #through(name: string, of: Path['of'], { url, pid }: Started, still?: object): Promise<void> {
    const { ports } = this;
    if (!ports) throw new Error('The upstream comes first.');
    const proxied = async (service: string, port: number, ...more: readonly object[]): Promise<number> => {
      const body = { name: service, listen: '127.0.0.1:0', upstream: `127.0.0.1:${port}` };
      const created = JSON.parse(await ask({ url }, 'POST', '/proxies', body)) as { listen: string };
      for (const [index, toxic] of [...(still ? [still] : []), ...more].entries())
        for (const stream of ['upstream', 'downstream'])
          await ask({ url }, 'POST', `/proxies/${service}/toxics`, { ...toxic, name: `${stream} ${index}`, stream });
      return Number(created.listen.split(':').at(-1));
    };
    const way = {
      echo: await proxied('echo', ports.echo),
      count: await proxied('count', ports.count),
      http: await proxied('http', ports.http),
      stalled: await proxied('stalled', ports.sink, { type: 'bandwidth', attributes: { rate: 1 } }),
    };
    this.all.push({ name, way, pid, api: { url }, of });
  }
}

/** Rejects where the process ends without one. */
async function firstMessage<T>(child: ChildProcess, what: string): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${what} ended before it was ready, with exit code ${String(code)}.`);
  });
  const said = once(child, 'message') as Promise<[T]>;
  const [message] = await within(`${what} to be ready`, Promise.race([said, ended]));
  return message;
}
