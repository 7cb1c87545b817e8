import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { Bench, realClock } from './support.ts';

const main = fileURLToPath(new URL('../../harness/proxy/main.ts', import.meta.url));

/** A bench whose proxy is a process of its own, so that what this one does costs it nothing. */
export interface ProcessBench extends Bench {
  readonly pid: number;
}

export async function startProxyProcess(): Promise<ProcessBench> {
  const child = fork(main, ['--seed', '1'], { stdio: 'ignore' });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const cleanup = new Cleanup();
  cleanup.add('proxy process', async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return Object.assign(new Bench(`http://127.0.0.1:${port}`, cleanup), { pid: child.pid ?? 0 });
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

/** A program in a process of its own that says where it listens, as `{ port }`. */
export async function startProgram(bench: Bench, program: string): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }); // prettier-ignore
  bench.cleanup.add('program', () => void child.kill('SIGKILL'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return port;
}
