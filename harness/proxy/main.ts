import { parseArgs } from 'node:util';
import { systemClock, type Clock } from '../kit/clock.ts';
import { freshSeed, seededRandom } from '../kit/random.ts';
import { startProxyServer, type StartedProxyServer } from './server.ts';
import { socketPorts } from './socket-port.ts';

/** How long the proxy outlives a conductor that is gone, whatever its lease. */
const longestOrphanMs = 5_000;

/**
 * The process of the fault proxy: `node main.ts [--host 127.0.0.1] [--port 0] [--seed N]`. With an IPC channel it sends
 * `{ kind: 'ready', port }`, and when its parent is gone it heals once the lease lapses (at the latest after 5 s) and ends. Without one it
 * prints `{"ready":true,"port":N}`. SIGTERM and SIGINT heal and exit at once.
 */
async function main(): Promise<void> {
  // A parent that was killed leaves broken pipes behind, and the faults still have to be healed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { values } = parseArgs({
    options: { host: { type: 'string' }, port: { type: 'string' }, seed: { type: 'string' } },
  });
  const clock = systemClock();
  const server = await startProxyServer({
    clock,
    random: seededRandom(values.seed ?? freshSeed()),
    port: Number(values.port ?? 0),
    openPort: socketPorts({ inOwnProcess: true }),
    ...(values.host === undefined ? {} : { host: values.host }),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void finish(server));
  process.once('disconnect', () => void outlive(server, clock));
  if (process.send) process.send({ kind: 'ready', port: server.port });
  else process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
}

async function outlive(server: StartedProxyServer, clock: Clock): Promise<void> {
  const lease = server.lease();
  await clock.sleep(lease.kind === 'held' ? Math.min(lease.leftMs, longestOrphanMs) : longestOrphanMs);
  // What waits in a stalled connection gets a moment to pass before the process takes the connection with it.
  await server.heal().catch(() => undefined);
  await clock.sleep(100);
  await server.stop();
  // Nobody is left to look after this process, and `process.exit` may wait for ever for a thread that compiles in the background.
  process.kill(process.pid, 'SIGKILL');
}

async function finish(server: StartedProxyServer): Promise<void> {
  await server.stop();
  process.exit(0);
}

await main();
