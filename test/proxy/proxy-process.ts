import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { withDeadline } from '../../harness/kit/deadline.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { Bench, borrow, realClock } from './support.ts';

const harness = new URL('../../harness', import.meta.url).href;
const main = fileURLToPath(new URL('../../harness/proxy/main.ts', import.meta.url));

/** A bench whose proxy is a process of its own, so that what this one does costs it nothing. */
export interface ProcessBench extends Bench {
  readonly pid: number;
}

export async function startProxyProcess(seed = 1): Promise<ProcessBench> {
  const child = fork(main, ['--seed', String(seed)], { stdio: 'ignore' });
  const cleanup = new Cleanup();
  cleanup.add('proxy process', () => end(child));
  const port = await portSaidBy(child, 'proxy');
  return Object.assign(new Bench(`http://127.0.0.1:${port}`, cleanup), { pid: child.pid ?? 0 });
}

/** The server of the proxy with all its metrics. SIGUSR2 collects its garbage. */
const measured = `
  import { systemClock } from '${harness}/kit/clock.ts';
  import { seededRandom } from '${harness}/kit/random.ts';
  import { startProxyServer } from '${harness}/proxy/server.ts';
  import { socketPorts } from '${harness}/proxy/socket-port.ts';
  const metrics = { proxies: true, runtime: true };
  const openPort = socketPorts({ inOwnProcess: true });
  const { port } = await startProxyServer({ clock: systemClock(), random: seededRandom(1), metrics, openPort });
  process.on('SIGUSR2', () => globalThis.gc());
  process.send({ port });
`;

export async function startMeasuredProxy(): Promise<ProcessBench> {
  const cleanup = new Cleanup();
  const { port, pid } = await startProgram(cleanup, measured);
  return Object.assign(new Bench(`http://127.0.0.1:${port}`, cleanup), { pid });
}

/** Two for all tests of a file or a group, since they take longer to start than many a test: one that is called beside the other, which is kept busy. */
export function processesForAll(
  start: () => Promise<ProcessBench>,
): () => readonly [idle: ProcessBench, busy: ProcessBench] {
  let processes: readonly [idle: ProcessBench, busy: ProcessBench];
  beforeAll(async () => {
    processes = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    for (const { cleanup } of processes) await cleanup.stop();
  });
  return () => processes;
}

/** As `borrow`, of one that is a process of its own. */
export function borrowProcess(owner: ProcessBench): ProcessBench {
  return Object.assign(borrow(owner), { pid: owner.pid });
}

/** How long a call takes to be answered. Milliseconds. */
export async function callMs(bench: Bench, method: string, path: string, body?: unknown): Promise<number> {
  const fromMs = realClock.now();
  const { status, text } = await bench.call(method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  return realClock.now() - fromMs;
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

/** So many connections to a port, closed with the bench. */
export async function dialMany(bench: Bench, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  bench.cleanup.add('clients', () => {
    for (const socket of sockets) socket.destroy();
  });
  const one = async (): Promise<void> => {
    while (sockets.length < count) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
    }
  };
  // As many at a time as wait at a port without being refused.
  await Promise.all(Array.from({ length: 64 }, one));
  return sockets;
}

/**
 * Runs a program in a process of its own that says where it listens, as `{ port }`, until the clean-up. Node sees by itself that it is a module: told so,
 * it would tell its threads, too, which take that for a mistake.
 */
export async function startProgram(cleanup: Cleanup, program: string): Promise<{ port: number; pid: number }> {
  const child = spawn(process.execPath, ['--expose-gc', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  cleanup.add('program', () => end(child));
  return { port: await portSaidBy(child, 'program'), pid: child.pid ?? 0 };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Where it listens, as its first message says. */
async function portSaidBy(child: ChildProcess, what: string): Promise<number> {
  const said = once(child, 'message') as Promise<[{ port: number }]>;
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`The ${what} ended before it listened, with exit code ${String(code)}.`);
  });
  const limit = { what: `the port of the ${what}`, limitMs: 30_000 };
  const [{ port }] = await withDeadline(realClock, Promise.race([said, gone]), limit);
  return port;
}
