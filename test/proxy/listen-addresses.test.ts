import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { againstRealServer, hasIpv6, portOf, portState, startSharedBench, type Bench } from './support.ts';

/** Loopback answers at once, or never. */
const limitMs = 2000;

let bench: Bench;
beforeEach(async () => {
  bench = await startSharedBench();
});
afterEach(() => bench.cleanup.stop());

async function listenOf(listen: string): Promise<string> {
  const { address: upstream } = await bench.echo();
  const { json, text } = await bench.call('POST', '/proxies', { name: 'a', listen, upstream });
  return typeof json['listen'] === 'string' ? json['listen'] : text;
}

/** What this machine has: where there is no IPv6, all addresses are those of IPv4. */
const hosts = hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
const shown = hasIpv6 ? /^\[::\]:\d+$/ : /^0\.0\.0\.0:\d+$/;

/** What who connects finds, at each kind of address. */
async function statesOf(port: number): Promise<string[]> {
  return [...new Set(await Promise.all(hosts.map((host) => portState(port, { host, limitMs }))))];
}

describe('0.0.0.0', () => {
  it('is all addresses of either kind, and shown as those', async () => {
    const listen = await listenOf('0.0.0.0:0');
    expect(listen).toMatch(shown);
    const port = portOf(listen);
    expect(await statesOf(port)).toEqual(['open']);
    await bench.call('DELETE', '/proxies/a');
    expect(await listenOf('[::ffff:0.0.0.0]:0')).toMatch(shown);
    await bench.call('DELETE', '/proxies/a');
    await listenOf(`0.0.0.0:${port}`);
    // Said again, it is where it is.
    const again = await bench.call('PATCH', '/proxies/a', { listen: `0.0.0.0:${port}` });
    expect(again.json).toMatchObject({ listen, enabled: true });
  });

  it.skipIf(againstRealServer)('is refused and opened again for both by a fault of the door', async () => {
    const port = portOf(await listenOf('0.0.0.0:0'));
    for (const [type, state] of [
      ['refuse', 'ECONNREFUSED'],
      ['connect_timeout', 'no answer'],
    ] as const) {
      await bench.toxic('a', { type, name: 'door' });
      expect(await statesOf(port)).toEqual([state]);
      await bench.call('DELETE', '/proxies/a/toxics/door');
      expect(await statesOf(port)).toEqual(['open']);
    }
  });
});

it.each(['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1'])('%s is IPv4', async (host) => {
  expect(await listenOf(`[${host}]:0`)).toMatch(/^127\.0\.0\.1:\d+$/);
});

it.each(['127.1', '2130706433', '0x7f.0.0.1'])('%s is no address, and no name that there is', async (host) => {
  expect(JSON.parse(await listenOf(`${host}:0`))).toMatchObject({
    error: expect.stringMatching(new RegExp(`^listen tcp: lookup ${host}.*no such host`)) as string,
    status: 500,
  });
});
