import { afterEach, expect, it } from 'vitest';
import { startBench, type Bench } from './support.ts';

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
