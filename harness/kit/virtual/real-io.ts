import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import net from 'node:net';
import workerThreads from 'node:worker_threads';
import type { GamedayError } from '../errors.ts';
import { escapeError } from './escape.ts';
import type { Replacement } from './replacement.ts';

/** Some ways through a door lead nowhere: they stay open. `self` is what the function was called on. */
type IsHarmless = (values: readonly unknown[], self: unknown) => boolean;

interface Door {
  readonly of: object;
  readonly name: string;
  readonly keys: readonly string[];
  readonly isHarmless?: IsHarmless;
  /** What does not hold in the simulated world; default that there is anything outside of this process. */
  readonly because?: string;
}

const nothingOutside = 'where only functions in this process can be reached';

/** What changes files and is done before it returns. */
const changesOfFiles = [
  ...['writeFileSync', 'appendFileSync', 'truncateSync', 'ftruncateSync', 'copyFileSync', 'cpSync'],
  ...['mkdirSync', 'mkdtempSync', 'mkdtempDisposableSync', 'rmSync', 'rmdirSync', 'unlinkSync', 'renameSync'],
  ...['linkSync', 'symlinkSync', 'chmodSync', 'fchmodSync', 'lchmodSync', 'chownSync', 'fchownSync', 'lchownSync'],
  ...['utimesSync', 'futimesSync', 'lutimesSync'],
];

/** The terminal is not part of the world, and what is printed is written to it by number. */
const isTerminal: IsHarmless = ([descriptor]) => descriptor === 1 || descriptor === 2;

/** The terminal, and what a library puts in the place of a socket, have no address on their other side; what was opened before has one. */
const isUnconnected: IsHarmless = (_values, self) =>
  !(self instanceof net.Socket) || self.remoteAddress === undefined || self.destroyed;

/** To end a connection says nothing that the other side could answer, unless there is something to send with it. */
const isJustEnded: IsHarmless = (values, self) =>
  isUnconnected(values, self) || values[0] === undefined || values[0] === null || typeof values[0] === 'function';

const isOpenedToRead: IsHarmless = ([, flags]) =>
  ['r', 'rs', 'sr', fs.constants.O_RDONLY, undefined, null].some((reading) => reading === flags);

/**
 * The doors of the platform to the outside. Reading a file synchronously is none: it takes no time, and modules are loaded by it. Whatever
 * else is done at once is one: what it leaves behind, or what another process says, is not decided by the seed.
 */
const doors: readonly Door[] = [
  { of: net.Socket.prototype, name: 'net.Socket', keys: ['connect'] },
  { of: net.Socket.prototype, name: 'net.Socket', keys: ['write'], isHarmless: isUnconnected },
  { of: net.Socket.prototype, name: 'net.Socket', keys: ['end'], isHarmless: isJustEnded },
  { of: net.Server.prototype, name: 'net.Server', keys: ['listen'] },
  { of: dgram.Socket.prototype, name: 'dgram.Socket', keys: ['bind', 'connect', 'send'] },
  { of: dns, name: 'dns', keys: ['lookup', 'resolve', 'resolve4', 'resolve6'] },
  { of: dnsPromises, name: 'dns/promises', keys: ['lookup', 'resolve', 'resolve4', 'resolve6'] },
  {
    of: childProcess,
    name: 'child_process',
    keys: ['spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execSync', 'execFileSync'],
  },
  { of: workerThreads, name: 'worker_threads', keys: ['Worker'] },
  {
    of: fs,
    name: 'fs',
    keys: [
      'open',
      'readFile',
      'writeFile',
      'appendFile',
      'createReadStream',
      'createWriteStream',
      'watch',
      'watchFile',
      ...changesOfFiles,
    ],
  },
  { of: fs, name: 'fs', keys: ['openSync'], isHarmless: isOpenedToRead },
  { of: fs, name: 'fs', keys: ['writeSync', 'writevSync'], isHarmless: isTerminal },
  {
    of: fsPromises,
    name: 'fs/promises',
    keys: ['open', 'readFile', 'writeFile', 'appendFile', 'mkdir', 'rm', 'readdir', 'watch'],
  },
  // They wait in real time, and no watch sees it.
  { of: Atomics, name: 'Atomics', keys: ['wait', 'waitAsync'], because: 'where real time must not pass' },
];

/**
 * Doors that do not open: whoever tries gets an error, and `onEscape` is told, in case that error is swallowed. Whoever keeps one for
 * longer than the simulation, as a module does that is loaded in it, has the real one once `isOver`.
 */
export function closedDoors(onEscape: (escape: GamedayError) => void, isOver: () => boolean): Replacement[] {
  return doors.flatMap(({ of, name, keys, isHarmless, because = nothingOutside }) =>
    keys.flatMap((key) => {
      const given: unknown = Reflect.get(of, key);
      // Not every release of the platform has them all.
      if (typeof given !== 'function') return [];
      const look = (values: readonly unknown[], self: unknown): void => {
        if (isOver() || isHarmless?.(values, self)) return;
        const escape = escapeError(`${name}.${key} was called in the simulated world, ${because}.`);
        onEscape(escape);
        throw escape;
      };
      return [{ of, key, value: guarded(given, look) }];
    }),
  );
}

/** The function or class itself, with what it carries, behind a look at what it is called with. */
function guarded(given: object, look: (values: readonly unknown[], self: unknown) => void): object {
  return new Proxy(given, {
    apply: (target, self, values: unknown[]): unknown => {
      look(values, self);
      return Reflect.apply(target as () => unknown, self, values);
    },
    construct: (target, values: unknown[], newTarget) => {
      look(values, undefined);
      return Reflect.construct(target as new () => object, values, newTarget) as object;
    },
  });
}
