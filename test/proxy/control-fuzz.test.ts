import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { createProxyCore } from '../../harness/proxy/proxy-core.ts';
import { toxicKinds } from '../../harness/proxy/toxics/index.ts';
import { SimulatedNetwork } from '../../harness/world/simulated/network.ts';

const names = fc.constantFrom('a', 'b', 'ü/ö', '');
const paths = fc.oneof(
  fc.constantFrom(
    '/proxies',
    '/populate',
    '/reset',
    '/version',
    '/capabilities',
    '/gameday/lease',
    '/gameday/receipts',
    '/gameday/decisions',
  ),
  names.map((name) => `/proxies/${encodeURIComponent(name)}`),
  names.map((name) => `/proxies/${encodeURIComponent(name)}/toxics`),
  fc
    .tuple(names, names)
    .map(([proxy, toxic]) => `/proxies/${encodeURIComponent(proxy)}/toxics/${encodeURIComponent(toxic)}`),
);
/** Mostly what is in order, so that calls get beyond the door. */
const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: fc.anything() });
const attribute = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }) },
  { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)) },
);
const toxic = fc.constantFrom(...toxicKinds).chain(({ type, attributes }) =>
  fc.record(
    {
      ...{
        type: mostly(fc.constant(type)),
        name: mostly(names),
        stream: mostly(fc.constantFrom('upstream', 'Downstream')),
      },
      ...{ toxicity: mostly(fc.double({ min: 0, max: 1 })), seed: mostly(fc.integer()), lease: mostly(fc.constant(5)) },
      attributes: fc.record(Object.fromEntries(Object.keys(attributes).map((name) => [name, attribute])), {
        requiredKeys: [],
      }),
    },
    { requiredKeys: ['type'] },
  ),
);
const proxy = fc.record(
  {
    ...{ name: mostly(names), upstream: mostly(fc.constant('127.0.0.1:9')), enabled: mostly(fc.boolean()) },
    listen: mostly(fc.constantFrom('127.0.0.1:0', '127.0.0.1:0', 'nowhere', '127.0.0.1:99999')),
    ...{ toxics: fc.array(toxic, { maxLength: 2 }), seed: mostly(fc.integer()), lease: mostly(fc.constant(5)) },
  },
  { requiredKeys: ['name', 'upstream'] },
);
const wild = fc.oneof(toxic, proxy, fc.array(proxy, { maxLength: 3 }), fc.anything());
const at = (
  method: string,
  path: fc.Arbitrary<string>,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<{ method: string; path: string; value: unknown }> =>
  fc.record({ method: fc.constant(method), path, value });
const one = names.map((name) => `/proxies/${encodeURIComponent(name)}`);
const call = fc.record({
  to: fc.oneof(
    at('POST', fc.constant('/proxies'), proxy),
    at('POST', fc.constant('/populate'), fc.array(proxy, { maxLength: 3 })),
    at('PATCH', one, proxy),
    at('POST', one.map((path) => `${path}/toxics`), toxic), // prettier-ignore
    at('PATCH', fc.tuple(one, names).map(([path, name]) => `${path}/toxics/${encodeURIComponent(name)}`), toxic), // prettier-ignore
    fc.record({ method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE'), path: paths, value: wild }),
  ),
  /** Whether its end is missing. */
  isCut: fc.nat({ max: 9 }).map((draw) => draw === 0),
});

/** What JSON does not know is left out; a value that is nothing else is no text. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) as
    string | undefined;
  return text ?? '';
}

it('answers ten thousand calls, whatever is in them, with a status and, where there is a body that says something, JSON', async () => {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const { handle } = createProxyCore({
    ...{ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort },
  });
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(call, async ({ to: { method, path, value }, isCut }) => {
      const text = jsonOf(value);
      const body = isCut ? text.slice(0, text.length / 2) : text;
      const init = method === 'GET' ? { method } : { method, body };
      const response = await handle(new Request(`http://proxy${path}`, init));
      const answer = await response.text();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      expect(response.status).toBeLessThan(501);
      // As in Toxiproxy, what is no route at all is answered in plain words.
      if (answer !== '' && answer !== '404 page not found\n') JSON.parse(answer);
    }),
    { numRuns: 10_000 },
  );
  // Many got beyond the door.
  for (const status of [200, 201, 204, 400, 404])
    expect([status, (seen.get(status) ?? 0) >= 20]).toEqual([status, true]);
  // Eleven seconds where nothing else runs; the limit is for what hangs, not for how fast a machine is.
}, 180_000);
