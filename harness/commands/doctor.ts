import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, freemem } from 'node:os';
import { promisify } from 'node:util';
import { messageOf } from '../kit/errors.ts';
import { stateFolder } from './folders.ts';
import type { Terminal } from './terminal.ts';

/** One thing that was looked at. `needed`: without it no scenario runs; otherwise `unlocks` says what it adds. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly seen: string;
  readonly needed: boolean;
  readonly unlocks: string;
  /** The command that mends it. */
  readonly mend: string;
}

/** The kind of machine: what `process.platform` says and, on Linux, the text of /etc/os-release. */
interface Machine {
  readonly platform: NodeJS.Platform;
  readonly osRelease?: string;
}

/** How each package manager calls what may be missing. macOS brings its own `ps`, so Homebrew has no word for it. */
const installCommands = {
  ps: { apt: 'apt-get install procps', dnf: 'dnf install procps-ng', brew: undefined },
  chromium: {
    apt: 'apt-get install chromium (on Ubuntu: chromium-browser)',
    dnf: 'dnf install chromium',
    brew: 'brew install --cask chromium',
  },
} as const;

/** Looks at what this machine can run. Exit code 0 when the local world can, 3 when something that it needs is missing. */
export async function doctorCommand(terminal: Terminal): Promise<number> {
  const machine = await thisMachine();
  const probed = await Promise.all([loopback(), folder(), ps(machine), docker()]);
  return showChecks([node(), cores(), memory(), ...probed, chromium(machine)], terminal);
}

/** Prints what was looked at, with the command that mends what is not there, and gives the exit code. */
export function showChecks(checks: readonly Check[], terminal: Terminal): number {
  for (const check of checks) {
    const mark = check.ok ? 'ok     ' : check.needed ? 'MISSING' : 'absent ';
    terminal.print(`${mark} ${check.what}: ${check.seen}`);
    if (!check.ok) terminal.print(`        ${check.unlocks} Mend: ${check.mend}`);
  }
  const missing = checks.filter((check) => check.needed && !check.ok);
  terminal.print('');
  terminal.print(
    missing.length === 0
      ? 'The local world runs here: npx gameday run'
      : `The local world does not run here: ${missing.map((check) => check.what).join(', ')} missing.`,
  );
  return missing.length === 0 ? 0 : 3;
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    ...{ what: 'Node', ok: major > 22 || (major === 22 && minor >= 18), seen: process.version, needed: false },
    ...{ unlocks: 'Configs in TypeScript need Node 22.18 or newer; configs in JavaScript run on Node 20.' },
    mend: 'install a newer Node, or write gameday.config.mjs',
  };
}

function cores(): Check {
  const count = availableParallelism();
  return {
    ...{ what: 'processor cores', ok: count >= 2, seen: String(count), needed: false },
    ...{
      unlocks: 'With one core the load generator may be late and runs may turn invalid.',
      mend: 'use a machine with two cores',
    },
  };
}

function memory(): Check {
  // Free memory leaves out what caches would give back, so this errs on the safe side.
  const freeGiB = freemem() / 2 ** 30;
  return {
    ...{ what: 'free memory', ok: freeGiB >= 2, seen: `${freeGiB.toFixed(1)} GiB`, needed: false },
    ...{ unlocks: 'A run takes about 1.5 GiB.', mend: 'close other programs' },
  };
}

function loopback(): Promise<Check> {
  const check = {
    what: 'ports on 127.0.0.1',
    needed: true,
    unlocks: 'Every part of a world listens on one.',
    mend: 'allow listening on 127.0.0.1',
  };
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (cause) => resolve({ ...check, ok: false, seen: messageOf(cause) }));
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ ...check, ok: true, seen: 'can be listened on' })),
    );
  });
}

async function folder(): Promise<Check> {
  const path = stateFolder();
  const problem = await mkdir(path, { recursive: true })
    .then(() => access(path, constants.W_OK))
    .then(
      () => undefined,
      (cause: unknown) => messageOf(cause),
    );
  return {
    what: 'folder for runs',
    ok: problem === undefined,
    seen: problem ?? path,
    needed: true,
    unlocks: 'Runs are stored there.',
    mend: `make ${path} writable`,
  };
}

async function ps(machine: Machine): Promise<Check> {
  const found = await version('ps', ['-o', 'pid=', '-p', String(process.pid)]);
  return {
    ...{ what: 'ps', ok: found !== undefined, seen: found === undefined ? 'not found' : 'found', needed: false },
    ...{
      unlocks: 'It tells left-over processes of a killed run from strangers with the same number.',
      mend: howToInstall('ps', machine),
    },
  };
}

function chromium(machine: Machine): Check {
  const path = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  const found = existsSync(path);
  return {
    ...{ what: 'Chromium', ok: found, seen: found ? path : 'not found', needed: false },
    ...{
      unlocks: 'The tests that open the HTML report in a browser need it.',
      mend: `${howToInstall('chromium', machine)} (and set CHROMIUM_PATH where it is not at /usr/bin/chromium)`,
    },
  };
}

async function docker(): Promise<Check> {
  const found = await version('docker', ['info', '--format', '{{.ServerVersion}}']);
  return {
    ...{ what: 'Docker engine', ok: found !== undefined, seen: found ?? 'not reachable', needed: false },
    ...{ unlocks: 'Nothing in this version needs it; worlds of containers will.', mend: 'start a Docker engine' },
  };
}

/** The command that installs a tool on such a machine; in words where the package manager is not one that we know. */
export function howToInstall(tool: keyof typeof installCommands, machine: Machine): string {
  const manager = packageManager(machine);
  const command = manager && installCommands[tool][manager];
  if (command !== undefined) return command;
  return manager === 'brew'
    ? `macOS brings ${tool} at /bin/${tool}; see that /bin is in PATH`
    : `install ${tool} by the package manager of this system`;
}

/** By what the distribution calls itself, and what it says it is like: https://www.freedesktop.org/software/systemd/man/os-release.html */
function packageManager({ platform, osRelease = '' }: Machine): 'apt' | 'dnf' | 'brew' | undefined {
  if (platform === 'darwin') return 'brew';
  if (platform !== 'linux') return undefined;
  const names = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].flatMap(([, value = '']) =>
    value.replace(/["'\r]/g, '').split(' '),
  );
  if (names.some((name) => ['debian', 'ubuntu'].includes(name))) return 'apt';
  return names.some((name) => ['fedora', 'rhel', 'centos'].includes(name)) ? 'dnf' : undefined;
}

async function thisMachine(): Promise<Machine> {
  if (process.platform !== 'linux') return { platform: process.platform };
  return { platform: 'linux', osRelease: await readFile('/etc/os-release', 'utf8').catch(() => '') };
}

async function version(command: string, parameters: readonly string[]): Promise<string | undefined> {
  return promisify(execFile)(command, parameters, { timeout: 5000 }).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}
