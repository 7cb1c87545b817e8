import { afterEach, expect, it } from 'vitest';
import { realClock, startBench, type Bench } from './support.ts';
import { certify, startTls } from './tls-support.ts';

const lines: string[] = [];
let bench: Bench;
afterEach(() => bench.cleanup.stop());

async function dialTwice(port: number): Promise<void> {
  for (let count = 0; count < 2; count++) await (await bench.dial(port)).finished();
}

it.each([
  ['localhost', 'missing port in address. Write it with its port, as "localhost:8080".'],
  ['localhost:99999', 'invalid port. A port is a whole number from 0 to 65535.'],
  ['http://localhost:80', 'too many colons in address. Write host:port alone, without a scheme and a path.'],
  ['::1:80', 'too many colons in address. Write an IPv6 address in brackets, as "[::1]:8080".'],
  ['127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
])('the upstream %s is told of once, with the proxy and the reason', async (upstream, why) => {
  lines.length = 0;
  bench = await startBench({ log: (line) => lines.push(line) });
  await dialTwice(await bench.proxy('store', upstream));
  expect(lines).toEqual([`proxy "store": could not reach its upstream "${upstream}": ${why}`]);
});

it('that speaks no TLS is told of once, with what is wrong, until it is reached again', async () => {
  lines.length = 0;
  bench = await startBench({ log: (line) => lines.push(line) });
  const own = await certify();
  const plain = await bench.tcp((socket) => void socket.end('no TLS here, whatever you may say to me\n'));
  const tls = { upstream: { ca: own.ca } };
  const port = await bench.proxy('store', plain.address, { tls });
  await dialTwice(port);
  const line = `proxy "store": could not reach its upstream "${plain.address}": no TLS with it: `;
  expect(lines).toEqual([expect.stringContaining(line)]);
  const at = plain.port;
  await plain.stop();
  const server = await startTls(bench, own, (socket) => socket.pipe(socket), at);
  await (await bench.dial(port)).roundTrip('hello');
  await server.stop();
  await dialTwice(port);
  expect(lines.slice(1)).toEqual([expect.stringContaining('ECONNREFUSED')]);
});

it('is told of again when it is another, also where it is reached by TLS', async () => {
  lines.length = 0;
  bench = await startBench({ log: (line) => lines.push(line) });
  const port = await bench.proxy('store', 'one', { tls: { upstream: {} } });
  await dialTwice(port);
  await bench.call('POST', '/proxies/store', { upstream: 'two' });
  await dialTwice(port);
  await bench.call('POST', '/proxies/store', { upstream: 'one', enabled: false });
  await bench.call('POST', '/proxies/store', { enabled: true });
  await dialTwice(port);
  expect(lines.map((line) => /upstream "(\w+)"/.exec(line)?.[1])).toEqual(['one', 'two', 'one']);
});

it('at localhost is told of with the reason, though none of its addresses is one alone', async () => {
  lines.length = 0;
  bench = await startBench({ log: (line) => lines.push(line) });
  await dialTwice(await bench.proxy('store', 'localhost:1'));
  expect(lines).toEqual([expect.stringMatching(/could not reach its upstream "localhost:1": connect ECONNREFUSED /)]);
});

it('at localhost is not given up for the next address of it after a moment', async () => {
  bench = await startBench();
  const silent = await bench.proxy('silent', '127.0.0.1:1');
  await bench.toxic('silent', { type: 'connect_timeout' });
  const peers = await Promise.all(
    [{}, { tls: { upstream: {} } }].map(async (more, index) =>
      bench.dial(await bench.proxy(`a${index}`, `localhost:${silent}`, more)),
    ),
  );
  // The platform gives up after 250 ms, or 500.
  await realClock.sleep(2_000);
  expect(peers.map(({ ended, socket }) => ended || socket.destroyed)).toEqual([false, false]);
});
