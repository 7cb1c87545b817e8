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

/** The doors of the platform to the outside. Reading a file synchronously is none: it takes no time, and modules are loaded by it. */
const doors: readonly { of: object; name: string; keys: readonly string[] }[] = [
  { of: net.Socket.prototype, name: 'net.Socket', keys: ['connect'] },
  { of: net.Server.prototype, name: 'net.Server', keys: ['listen'] },
  { of: dgram.Socket.prototype, name: 'dgram.Socket', keys: ['bind', 'connect', 'send'] },
  { of: dns, name: 'dns', keys: ['lookup', 'resolve', 'resolve4', 'resolve6'] },
  { of: dnsPromises, name: 'dns/promises', keys: ['lookup', 'resolve', 'resolve4', 'resolve6'] },
  { of: childProcess, name: 'child_process', keys: ['spawn', 'exec', 'execFile', 'fork'] },
  { of: workerThreads, name: 'worker_threads', keys: ['Worker'] },
  {
    of: fs,
    name: 'fs',
    keys: ['open', 'readFile', 'writeFile', 'appendFile', 'createReadStream', 'createWriteStream'],
  },
  {
    of: fsPromises,
    name: 'fs/promises',
    keys: ['open', 'readFile', 'writeFile', 'appendFile', 'mkdir', 'rm', 'readdir'],
  },
];

/** Doors that do not open: whoever tries gets an error, and `onEscape` is told, in case that error is swallowed. */
export function closedDoors(onEscape: (escape: GamedayError) => void): Replacement[] {
  return doors.flatMap(({ of, name, keys }) =>
    keys.map((key) => ({
      of,
      key,
      // A function, and no arrow: one of them is a class.
      value: function closedDoor(): never {
        const escape = escapeError(
          `${name}.${key} was called in the simulated world, where only functions in this process can be reached.`,
        );
        onEscape(escape);
        throw escape;
      },
    })),
  );
}
