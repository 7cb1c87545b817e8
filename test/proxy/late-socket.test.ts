import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { LateSocket } from '../../harness/proxy/tls/late-socket.ts';

it('a side whose handshake goes on says how much it holds, and after that what its socket does', () => {
  const late = new LateSocket(new Socket());
  expect(late.writableLength).toBe(0);
  for (const text of ['abc', 'de']) late.write(Buffer.from(text));
  expect(late.writableLength).toBe(5);
  const socket = Object.assign(new EventEmitter(), { write: () => true, writableLength: 7 });
  late.establish(socket as unknown as Socket);
  expect(late.writableLength).toBe(7);
});
