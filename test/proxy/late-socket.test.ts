import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { LateSocket } from '../../harness/proxy/tls/late-socket.ts';

it('a side whose handshake goes on says how much it holds, and after that what its socket does', () => {
  const late = new LateSocket(new Socket(), { mayGoOn: () => true });
  expect(late.writableLength).toBe(0);
  for (const text of ['abc', 'de']) late.write(Buffer.from(text));
  expect(late.writableLength).toBe(5);
  const socket = Object.assign(new EventEmitter(), { write: () => true, writableLength: 7 });
  late.establish(socket as unknown as Socket);
  expect(late.writableLength).toBe(7);
});

it('a side that has given much waits for its turn, also where it is told to go on meanwhile, and loses nothing', async () => {
  const turns: (() => void)[] = [];
  const mayGoOn = (_bytes: number, goOn: () => void): boolean => turns.push(goOn) === 0;
  const late = new LateSocket(new Socket(), { mayGoOn });
  const socket = new PassThrough();
  let text = '';
  late.on('data', (chunk: Buffer) => (text += chunk.toString().slice(0, 1)));
  late.establish(socket as unknown as Socket);
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (const letter of ['a', 'b', 'c']) socket.write(letter.repeat(16_384));
  await settled();
  expect(text).toBe('a');
  late.resume();
  await settled();
  expect(text).toBe('a');
  turns.shift()?.();
  await settled();
  expect(text).toBe('ab');
  // What is paused by then does not begin with its turn, but when it is told to.
  late.pause();
  turns.shift()?.();
  await settled();
  expect(text).toBe('ab');
  late.resume();
  await settled();
  expect(text).toBe('abc');
  expect(turns.length).toBe(1);
});

it('small pieces count for more than they are', () => {
  const asked: number[] = [];
  const late = new LateSocket(new Socket(), { mayGoOn: (bytes) => asked.push(bytes) > 0 });
  const socket = new EventEmitter();
  late.establish(socket as unknown as Socket);
  for (const length of [1, 100, 16_384]) socket.emit('data', Buffer.alloc(length));
  expect(asked).toEqual([8192, 8192, 16_384]);
});
