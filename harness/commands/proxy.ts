import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../kit/clock.ts';
import { GamedayError, messageOf } from '../kit/errors.ts';
import { freshSeed, seededRandom } from '../kit/random.ts';
import { formatAddress } from '../proxy/address.ts';
import { ApiError } from '../proxy/api-error.ts';
import { serverLog } from '../proxy/log-level.ts';
import { loadX509 } from '../proxy/tls/issue.ts';
import { startProxyServer, type StartedProxyServer } from '../proxy/server.ts';
import { socketPorts } from '../proxy/socket-port.ts';
import { toxiproxyVersion } from '../proxy/toxiproxy-routes.ts';
import type { Terminal } from './terminal.ts';

/** The flags of `toxiproxy-server`, with its defaults. */
export interface ProxyFlags {
  readonly host: string;
  readonly port: number;
  readonly config?: string;
  /** A whole number; text, since Go's may have more digits than a number here. */
  readonly seed?: string;
  readonly proxyMetrics?: boolean;
  readonly runtimeMetrics?: boolean;
  /** Only says which release of Toxiproxy this is in the place of. */
  readonly serverVersion?: boolean;
}

/** Runs the fault proxy by itself, until it is told to stop. What is broken then, is healed. */
export async function proxyCommand(flags: ProxyFlags, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { host, port, config, seed = freshSeed(), proxyMetrics = false, runtimeMetrics = false } = flags;
  if (flags.serverVersion === true) {
    terminal.print(`toxiproxy-server version ${toxiproxyVersion}`);
    return 0;
  }
  const server = await startProxyServer({
    ...{ clock: systemClock(), random: seededRandom(seed), host, port },
    openPort: socketPorts({ inOwnProcess: true }),
    metrics: { proxies: proxyMetrics, runtime: runtimeMetrics },
    ...serverLog(process.env['LOG_LEVEL'], (line) => terminal.say(line)),
  }).catch((cause: unknown) => {
    throw new GamedayError('usage', `The fault proxy cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      cause,
      hint: listenHint(codeOf(cause)),
    });
  });
  try {
    if (config !== undefined) await populate(server, config);
    terminal.print(
      `fault proxy: http://${formatAddress({ host, port: server.port })} (the API of Toxiproxy 2.12.0), seed ${seed}`,
    );
    // So that the first proxy with TLS does not hold up other calls. Whoever needs it is told where that fails.
    loadX509().catch(() => undefined);
    await stopped(signal);
  } finally {
    await server.stop();
  }
  return 0;
}

async function populate(server: StartedProxyServer, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(file, `it could not be read (${messageOf(cause)})`, { cause, hint: readHint(codeOf(cause), file) });
  });
  try {
    JSON.parse(text);
  } catch (cause) {
    throw unusable(file, `it is not JSON (${messageOf(cause)})`, { cause, hint: shape });
  }
  try {
    await server.populate(text);
  } catch (cause) {
    // A refusal of what is written there, and not of what could not be done.
    const isWritten = cause instanceof ApiError && cause.status < 500;
    const hint = (cause instanceof ApiError ? cause.hint : undefined) ?? (isWritten ? shape : undefined);
    throw unusable(file, messageOf(cause), { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

const shape = 'It has to be an array of proxies, as for POST /populate: [{ "name": …, "listen": …, "upstream": … }]';

function unusable(file: string, why: string, details: { cause: unknown; hint?: string }): GamedayError {
  return new GamedayError('bad-config', `The proxies of ${file} could not be made: ${why}`, details);
}

function readHint(code: string, file: string): string {
  switch (code) {
    case 'ENOENT':
      return `There is no ${resolve(file)}: give -config a file that there is.`;
    case 'EISDIR':
      return 'That is a folder: give -config the file in it.';
    case 'EACCES':
    case 'EPERM':
      return 'Who runs this may not read it: change its owner or its mode (chmod u+r).';
    default:
      return 'Give -config a file that can be read.';
  }
}

function listenHint(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'Another program listens there, perhaps a fault proxy or a toxiproxy-server: stop it, or give another -port (0 for any free one).';
    case 'EACCES':
      return 'Ports below 1024 may need a privilege: give a greater -port (0 for any free one).';
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return 'That -host is none of this machine: 127.0.0.1 and localhost are always there.';
    default:
      return 'Give another -host or -port; 0 is any free one, 65535 the greatest.';
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolved) => {
    if (signal.aborted) resolved();
    else signal.addEventListener('abort', () => resolved(), { once: true });
  });
}

/** Of this command, flags as Go's programs take them: `-port 8474` beside `--port 8474`, and `-proxy-metrics=false`. */
export function withLongFlags(parameters: readonly string[]): readonly string[] {
  if (parameters[0] !== 'proxy') return parameters;
  return parameters.flatMap((text) => {
    const [, name, value] = /^--?([a-z][a-z-]+)(?:=(.*))?$/.exec(text) ?? [];
    if (name === undefined) return [text];
    // By itself it is that of gameday, of which every command takes it.
    const flag = name === 'version' ? '--server-version' : `--${name}`;
    if (value === undefined) return [flag];
    if (!switches.has(flag)) return [`${flag}=${value}`];
    // As strconv.ParseBool reads it.
    if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return [flag];
    if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return [];
    throw new GamedayError('usage', `${flag} is on or off: "${value}" was given, and it can be true or false.`);
  });
}

const switches = new Set(['--server-version', '--proxy-metrics', '--runtime-metrics']);
