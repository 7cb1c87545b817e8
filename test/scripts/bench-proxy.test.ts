import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { controlTimes } from '../../scripts/bench-proxy/control.ts';
import { eventDelays } from '../../scripts/bench-proxy/event-delays.ts';
import { ask, lateness } from '../../scripts/bench-proxy/lateness.ts';
import {
  askingConnectionsPerSecond,
  bodyMegabytesPerSecond,
  connectionsPerSecond,
  megabytesPerSecond,
  requestsPerSecond,
  roundTrips,
} from '../../scripts/bench-proxy/measures.ts';

// The far end accepts, and says nothing: each measure has to end, and to say what it waited for.

let silent: Server;
const sockets: Socket[] = [];
let port: number;
beforeEach(async () => {
  silent = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  ({ port } = silent.address() as AddressInfo);
  // Only what the system clock is made of: sockets go on in real time.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

const api = (): { url: string } => ({ url: `http://127.0.0.1:${port}` });

it.each([
  ['round trips', () => roundTrips(port, 10), '10 round trips'],
  ['new connections', () => connectionsPerSecond(port, 100), 'new connections, each with an answer'],
  ['megabytes', () => megabytesPerSecond(port, 2), 'the answer to 2 MB'],
  ['requests', () => requestsPerSecond(port, 100), 'answers on 32 connections'],
  ['requests on new connections', () => askingConnectionsPerSecond(port, 100), 'answers on 8 connections'],
  ['a body', () => bodyMegabytesPerSecond(port, 2), 'a body of 2 MB'],
  ['events', () => eventDelays(port, 2), 'the events of 2 streams'],
  ['a call', () => ask(api(), 'GET', '/version'), 'an answer to GET /version'],
  ['lateness', () => lateness(api(), port, 1), 'an answer to POST /proxies'],
  ['control', () => controlTimes(api(), port, 1), 'an answer to POST /proxies'],
])('the measure of %s ends when nothing is said, and says what it waited for', async (_name, measure, what) => {
  const failed = measure().then(
    () => 'it did not fail',
    (cause: unknown) => String(cause),
  );
  let message: string | undefined;
  void failed.then((text) => (message = text));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  // A connection that a server has been told of is one at the client's end by the next turn.
  while (sockets.length === 0) await turn();
  for (let turns = 0; turns < 10; turns++) await turn();
  while (message === undefined) await vi.advanceTimersByTimeAsync(1_000);
  expect(message).toContain(`Waited for ${what}: nothing after `);
});
