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
  ),
  names.map((name) => `/proxies/${encodeURIComponent(name)}`),
  names.map((name) => `/proxies/${encodeURIComponent(name)}/toxics`),
  fc
    .tuple(names, names)
    .map(([proxy, toxic]) => `/proxies/${encodeURIComponent(proxy)}/toxics/${encodeURIComponent(toxic)}`),
);
const kind = fc.constantFrom(...toxicKinds);
const attribute = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null), fc.constantFrom(0, 1, 100));
const toxic = kind.chain(({ type, attributes }) =>
  fc.record(
    {
      ...{ type: fc.oneof(fc.constant(type), fc.anything()), name: fc.oneof(names, fc.anything()) },
      stream: fc.oneof(fc.constantFrom('upstream', 'Downstream'), fc.anything()),
      toxicity: fc.oneof(fc.double(), fc.anything()),
      attributes: fc.record(Object.fromEntries(Object.keys(attributes).map((name) => [name, attribute])), {
        requiredKeys: [],
      }),
    },
    { requiredKeys: [] },
  ),
);
const proxy = fc.record(
  {
    ...{ name: fc.oneof(names, fc.anything()), upstream: fc.oneof(fc.constant('127.0.0.1:9'), fc.anything()) },
    listen: fc.oneof(fc.constantFrom('127.0.0.1:0', 'nowhere', '127.0.0.1:99999'), fc.anything()),
    ...{ enabled: fc.oneof(fc.boolean(), fc.anything()), toxics: fc.array(toxic, { maxLength: 3 }) },
    ...{ seed: fc.anything(), lease: fc.anything() },
  },
  { requiredKeys: [] },
);
const body = fc.oneof(toxic, proxy, fc.array(proxy, { maxLength: 3 }), fc.anything()).map(jsonOf);
const call = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
  path: paths,
  body: fc.oneof(
    body,
    fc.string(),
    body.map((text) => text.slice(0, text.length / 2)),
  ),
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
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(call, async ({ method, path, body: text }) => {
      const init = method === 'GET' ? { method } : { method, body: text };
      const response = await handle(new Request(`http://proxy${path}`, init));
      const answer = await response.text();
      statuses.add(response.status);
      expect(response.status).toBeLessThan(501);
      // As in Toxiproxy, what is no route at all is answered in plain words.
      if (answer !== '' && answer !== '404 page not found\n') JSON.parse(answer);
    }),
    { numRuns: 10_000 },
  );
  // It got beyond the door.
  expect([...statuses].toSorted((left, right) => left - right)).toEqual(
    expect.arrayContaining([200, 201, 204, 400, 404]),
  );
});
