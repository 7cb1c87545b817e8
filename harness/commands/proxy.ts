import { readFile } from 'node:fs/promises';
import { systemClock } from '../kit/clock.ts';
import { GamedayError, messageOf } from '../kit/errors.ts';
import { freshSeed, seededRandom } from '../kit/random.ts';
import { startProxyServer, type StartedProxyServer } from '../proxy/server.ts';
import type { Terminal } from './terminal.ts';

/** The flags of `toxiproxy-server`, with its defaults. */
export interface ProxyFlags {
  readonly host: string;
  readonly port: number;
  readonly config?: string;
  readonly seed?: number;
  readonly proxyMetrics?: boolean;
  readonly runtimeMetrics?: boolean;
}

/** Runs the fault proxy by itself, until it is told to stop. What is broken then, is healed. */
export async function proxyCommand(flags: ProxyFlags, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { host, port, config, seed = freshSeed(), proxyMetrics = false, runtimeMetrics = false } = flags;
  const server = await startProxyServer({
    ...{ clock: systemClock(), random: seededRandom(seed), host, port },
    metrics: { proxies: proxyMetrics, runtime: runtimeMetrics },
    log: (line) => terminal.say(line),
  }).catch((cause: unknown) => {
    throw new GamedayError('usage', `The fault proxy cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause });
  });
  try {
    if (config !== undefined) await populate(server, config);
    terminal.print(`fault proxy: http://${host}:${server.port} (the API of Toxiproxy 2.12.0), seed ${seed}`);
    await stopped(signal);
  } finally {
    await server.stop();
  }
  return 0;
}

async function populate(server: StartedProxyServer, file: string): Promise<void> {
  try {
    await server.populate(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new GamedayError('bad-config', `The proxies of ${file} could not be made: ${messageOf(cause)}`, {
      cause,
      hint: 'It has to be an array of proxies, as for POST /populate: [{ "name": …, "listen": …, "upstream": … }]',
    });
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Flags as Go's programs take them: `-port 8474` beside `--port 8474`. */
export function withLongFlags(parameters: readonly string[]): readonly string[] {
  if (parameters[0] !== 'proxy') return parameters;
  return parameters.map((text) => (/^-[a-z][a-z-]+(=|$)/.test(text) ? `-${text}` : text));
}
