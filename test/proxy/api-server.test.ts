import { connect, Server } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { startProxyServer } from '../../harness/proxy/server.ts';
import { realClock } from './support.ts';

afterEach(() => void vi.restoreAllMocks());

it('an API whose server has errors tells of each and goes on', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  const lines: string[] = [];
  await using cleanup = new Cleanup();
  const ground = { clock: realClock, random: seededRandom(1) };
  const { port } = cleanup.use('api', await startProxyServer({ ...ground, log: (line) => lines.push(line) }));
  const [server] = listen.mock.contexts as Server[];
  for (const message of ['accept EMFILE', 'accept ENFILE']) server?.emit('error', new Error(message));
  const answer = await fetch(`http://127.0.0.1:${port}/version`);
  expect([answer.status, lines]).toEqual([200, ['the API: accept EMFILE', 'the API: accept ENFILE']]);
});

it('an API answers a request of HTTP/1.0 that does not say whom it is for', async () => {
  await using cleanup = new Cleanup();
  const { port } = cleanup.use('api', await startProxyServer({ clock: realClock, random: seededRandom(1) }));
  const socket = connect(port, '127.0.0.1');
  cleanup.add('socket', () => void socket.destroy());
  socket.write('GET /version HTTP/1.0\r\n\r\n');
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
});
