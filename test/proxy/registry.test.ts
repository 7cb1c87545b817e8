import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Registry } from '../../harness/proxy/registry.ts';
import { readProxy } from '../../harness/proxy/requests.ts';

it('heals a proxy, too, that was still being made with its toxics when that was asked for', async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: async () => {
      await opened;
      return { address: '127.0.0.1:5', turn: () => Promise.resolve(), close: () => undefined };
    },
  });
  const toxics = [{ name: 'hole', type: 'timeout' }];
  const body = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:9', toxics };
  const creating = registry.create(readProxy(JSON.stringify(body)));
  await Promise.resolve();
  const healing = registry.heal('lease lapsed');
  open();
  await Promise.all([creating, healing]);
  expect(registry.get('a').toxics).toEqual([]);
});
