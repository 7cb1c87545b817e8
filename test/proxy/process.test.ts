import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { startProxyProcess } from './proxy-process.ts';
import { Bench, decidedBy, decidedBySeed, realClock } from './support.ts';

const main = fileURLToPath(new URL('../../harness/proxy/main.ts', import.meta.url));

interface Ready {
  readonly kind: string;
  readonly port: number;
  readonly pid?: number;
}

let bench: Bench | undefined;
afterEach(() => bench?.cleanup.stop());

async function ready(child: ChildProcess): Promise<Ready> {
  const [message] = (await once(child, 'message')) as [Ready];
  return message;
}

/** A conductor: starts the proxy the way ours does, and says where it is. */
const conductor = `
  const { fork } = require('node:child_process');
  const child = fork(process.argv[1], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.on('message', (message) => process.send({ ...message, pid: child.pid }));
`;

/** One that has ended and that nobody has asked for yet - the first process of a machine may take seconds for that - is not alive. */
function alive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

/** A connection whose echo is held back by a toxic for a minute. */
async function heldEcho(
  at: Bench,
): Promise<{ text(): string; bytes(count: number): Promise<void>; finished(): Promise<void> }> {
  const echo = await at.echo();
  const port = await at.proxy('a', echo.address);
  await at.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 60_000 } });
  const peer = await at.dial(port);
  peer.socket.write('hello');
  await at.untilAltered('a', 'slow', 5);
  return { text: () => peer.text, bytes: (count) => peer.bytes(count), finished: () => peer.finished() };
}

describe('the process of the proxy', () => {
  it('heals within its lease when its parent is killed with -9, and then exits', async () => {
    const parent = spawn(process.execPath, ['-e', conductor, main], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const { kind, port, pid = 0 } = await ready(parent);
    bench = new Bench(`http://127.0.0.1:${port}`, new Cleanup());
    bench.cleanup.add('orphan', () => {
      if (alive(pid)) process.kill(pid, 'SIGKILL');
    });
    expect(kind).toBe('ready');
    const peer = await heldEcho(bench);
    // Less than the five seconds that it would live without one.
    await bench.call('POST', '/gameday/lease', { leaseMs: 1_500 });
    const killedMs = realClock.now();
    parent.kill('SIGKILL');
    await realClock.sleep(200);
    expect([peer.text(), alive(pid)]).toEqual(['', true]);
    await peer.bytes(5);
    expect(realClock.now() - killedMs).toBeLessThan(4_000);
    await waitUntil(realClock, () => (alive(pid) ? undefined : true), { what: 'the exit', limitMs: 2_000 });
  });

  it('ends for certain after its lease when its parent lets go of it', async () => {
    const child = fork(main, { stdio: 'ignore' });
    const { port } = await ready(child);
    bench = new Bench(`http://127.0.0.1:${port}`, new Cleanup());
    await bench.call('POST', '/gameday/lease', { leaseMs: 200 });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  it('heals and exits 0 on SIGTERM', async () => {
    const child = fork(main, { stdio: 'ignore' });
    const { port } = await ready(child);
    bench = new Bench(`http://127.0.0.1:${port}`, new Cleanup());
    const peer = await heldEcho(bench);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await peer.finished();
    expect(peer.text()).toBe('hello');
  });

  it('prints where it listens when nobody is on the other end of an IPC channel', async () => {
    const child = spawn(process.execPath, [main, '--seed', '7'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { ready: isReady, port } = JSON.parse(line.toString()) as { ready: boolean; port: number };
    bench = new Bench(`http://127.0.0.1:${port}`, new Cleanup());
    expect([isReady, (await bench.call('GET', '/version')).status]).toEqual([true, 200]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('decides what is left to chance by the seed that it is given', async () => {
    await using at = await startProxyProcess(7);
    const [same, other] = await Promise.all([7, 8].map(decidedBySeed));
    expect(await decidedBy(at)).toBe(same);
    expect(other).not.toBe(same);
  });
});
