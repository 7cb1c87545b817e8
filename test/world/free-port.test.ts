import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { freePort } from '../../harness/world/free-port.ts';

it('gives a port that no outgoing connection is given, and another one where that is taken', async () => {
  const first = await freePort(seededRandom(1));
  expect(first).toBeGreaterThanOrEqual(15_000);
  expect(first).toBeLessThanOrEqual(30_000);
  expect(await freePort(seededRandom(1))).toBe(first);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(first, '127.0.0.1', resolve));
  expect((server.address() as AddressInfo).port).toBe(first);
  const second = await freePort(seededRandom(1));
  expect(second).not.toBe(first);
  expect(second).toBeLessThanOrEqual(30_000);
  server.close();
});
