import { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'gameday-real-io-'));
const file = join(folder, 'written.txt');
fs.writeFileSync(file, 'from before');
const descriptor = fs.openSync(file, 'r+');
/** Made before: to make one is an escape by itself. */
const datagrams = dgram.createSocket('udp4');
const nothing = (): void => undefined;
afterAll(() => {
  datagrams.close();
  fs.closeSync(descriptor);
  fs.rmSync(folder, { recursive: true });
});

function simulate<T>(work: () => T | Promise<T>): Promise<T> {
  const nowhere: typeof fetch = () => Promise.resolve(new Response('from nowhere'));
  const settings = { clock: new VirtualClock(), random: seededRandom(1), fetch: nowhere };
  return withVirtualGlobals(settings, async () => work());
}

const reaching: readonly (readonly [door: string, reach: () => unknown])[] = [
  ['fs.writeFileSync', () => fs.writeFileSync(file, 'x')],
  ['fs.appendFileSync', () => fs.appendFileSync(file, 'x')],
  ['fs.writeSync', () => fs.writeSync(descriptor, 'x')],
  ['fs.truncateSync', () => fs.truncateSync(file)],
  ['fs.openSync', () => fs.openSync(file, 'a')],
  ['fs.mkdirSync', () => fs.mkdirSync(join(folder, 'made'))],
  ['fs.copyFileSync', () => fs.copyFileSync(file, join(folder, 'copied'))],
  ['fs.renameSync', () => fs.renameSync(file, join(folder, 'renamed'))],
  ['fs.unlinkSync', () => fs.unlinkSync(file)],
  ['fs.rmSync', () => fs.rmSync(folder, { recursive: true })],
  ['fs.watch', () => fs.watch(folder)],
  ['fs.watchFile', () => fs.watchFile(file, nothing)],
  ['fs.open', () => fs.open(file, nothing)],
  ['fs.readFile', () => fs.readFile(file, nothing)],
  ['fs.writeFile', () => fs.writeFile(file, 'x', nothing)],
  ['fs.appendFile', () => fs.appendFile(file, 'x', nothing)],
  ['fs.createReadStream', () => fs.createReadStream(file)],
  ['fs.createWriteStream', () => fs.createWriteStream(file)],
  ['fs/promises.open', () => fsPromises.open(file)],
  ['fs/promises.readFile', () => fsPromises.readFile(file)],
  ['fs/promises.writeFile', () => fsPromises.writeFile(file, 'x')],
  ['fs/promises.appendFile', () => fsPromises.appendFile(file, 'x')],
  ['fs/promises.mkdir', () => fsPromises.mkdir(join(folder, 'made'))],
  ['fs/promises.rm', () => fsPromises.rm(file)],
  ['fs/promises.readdir', () => fsPromises.readdir(folder)],
  ['fs/promises.watch', () => fsPromises.watch(folder)],
  ['Atomics.wait', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)],
  ['child_process.execSync', () => execSync('echo said')],
  ['child_process.execFileSync', () => execFileSync('echo', ['said'])],
  ['child_process.spawnSync', () => spawnSync('echo', ['said'])],
  ['child_process.exec', () => exec('echo said')],
  ['child_process.execFile', () => execFile('echo', ['said'])],
  ['child_process.spawn', () => spawn('echo', ['said'])],
  ['child_process.fork', () => fork('said.js')],
  ['worker_threads.Worker', () => new Worker('undefined', { eval: true })],
  ['net.Server.listen', () => createServer().listen(0, '127.0.0.1')],
  ['dgram.Socket.bind', () => datagrams.bind(0, '127.0.0.1')],
  ['dgram.Socket.connect', () => datagrams.connect(9, '127.0.0.1')],
  ['dgram.Socket.send', () => datagrams.send('x', 9, '127.0.0.1')],
  ['dns.lookup', () => dns.lookup('localhost', nothing)],
  ['dns.resolve', () => dns.resolve('localhost', nothing)],
  ['dns.resolve4', () => dns.resolve4('localhost', nothing)],
  ['dns.resolve6', () => dns.resolve6('localhost', nothing)],
  ['dns/promises.lookup', () => dnsPromises.lookup('localhost')],
  ['dns/promises.resolve', () => dnsPromises.resolve('localhost')],
  ['dns/promises.resolve4', () => dnsPromises.resolve4('localhost')],
  ['dns/promises.resolve6', () => dnsPromises.resolve6('localhost')],
];

describe('a simulation', () => {
  it.each(reaching)('fails where somebody calls %s and swallows the error, with the stack', async (door, reach) => {
    const simulating = simulate(() => {
      try {
        reach();
      } catch {
        // Said all the same.
      }
    });
    await expect(simulating).rejects.toThrow(`${door} was called in the simulated world`);
    await expect(simulating).rejects.toThrow(/It was done by:\n.*real-io\.test\.ts/);
    expect(fs.readdirSync(folder)).toEqual(['written.txt']);
    expect(fs.readFileSync(file, 'utf8')).toBe('from before');
  });

  it('may read files at once, and print', async () => {
    const read = await simulate(() => {
      const opened = fs.openSync(file, 'r');
      const bytes = Buffer.alloc(4);
      fs.readSync(opened, bytes, 0, 4, 0);
      fs.closeSync(opened);
      fs.writeSync(1, '');
      return [bytes.toString(), fs.readFileSync(file, 'utf8'), fs.existsSync(folder)];
    });
    expect(read).toEqual(['from', 'from before', true]);
  });

  it('closes doors only for as long as it lasts, also those that are kept from it', async () => {
    const kept = await simulate(() => ({ append: fs.appendFileSync, run: execFileSync }));
    const elsewhere = join(folder, 'afterwards.txt');
    kept.append(elsewhere, 'x');
    expect(fs.readFileSync(elsewhere, 'utf8')).toBe('x');
    expect(kept.run(process.execPath, ['-p', '1']).toString()).toBe('1\n');
  });
});
