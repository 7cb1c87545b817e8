import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { AnyKind } from '../../harness/proxy/active-toxic.ts';
import { attributesOf, isRange } from '../../harness/proxy/attributes.ts';
import type { AttributeSpec } from '../../harness/proxy/http/http-toxic.ts';
import { anyKinds } from '../../harness/proxy/kinds.ts';
import type { OpenPort } from '../../harness/proxy/port.ts';
import { createProxyCore } from '../../harness/proxy/proxy-core.ts';
import { SimulatedNetwork } from '../../harness/world/simulated/network.ts';

const names = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'ü/ö', 'ü/ö', '');
const under = (base: string, levels: readonly ('proxy' | 'toxic')[], rest = ''): fc.Arbitrary<string> =>
  fc.tuple(...levels.map(() => names)).map((given) => `${[base, ...given.map(encodeURIComponent)].join('/')}${rest}`);
const one = under('/proxies', ['proxy']);
const oneToxic = fc.tuple(one, names).map(([path, name]) => `${path}/toxics/${encodeURIComponent(name)}`);
const ownPaths = [
  ...['/capabilities', '/gameday/lease', '/gameday/receipts', '/gameday/decisions', '/gameday/traffic'],
  '/gameday/authority',
] as const;
const accounts = ['receipts', 'decisions', 'plan'].map((what) => under(`/gameday/${what}`, ['proxy', 'toxic']));
const paths = fc.oneof(
  fc.constantFrom('/proxies', '/populate', '/reset', '/version', ...ownPaths),
  one,
  under('/proxies', ['proxy'], '/toxics'),
  oneToxic,
  ...accounts,
);
/** Mostly what is in order, so that calls get beyond the door. */
const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: fc.anything() });
/** Texts that one attribute or another takes. */
const someText = fc.constantFrom('', 'POST', '/v1/*', 'x-a: b', 'none', 'insufficient_quota');
function valueOf(spec: AttributeSpec): fc.Arbitrary<unknown> {
  if (isRange(spec)) {
    const { from, to, isFraction = false } = spec;
    const [min, max] = [Math.max(from, 1), Math.min(to, Math.max(from, 1) + 100)];
    return isFraction ? fc.double({ min: from, max: to, noNaN: true }) : fc.integer({ min: Math.min(min, max), max });
  }
  if (spec.choices) return fc.constantFrom(...spec.choices);
  return someText.filter((text) => spec.problem?.(text) === undefined);
}
/** In order or not, in range or not, of the right type or not. */
const attribute = (spec: AttributeSpec): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: valueOf(spec) },
    { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null), someText) },
  );
const toxicityOf = (kind: AnyKind): fc.Arbitrary<number> =>
  kind.door ? fc.constantFrom(0, 1) : fc.double({ min: 0, max: 1 });
/** More than are asked for by name, so that a new one is often free. */
const toxicNames = fc.oneof(names, fc.nat({ max: 30 }).map(String));
const toxicOf = (kind: AnyKind): fc.Arbitrary<unknown> =>
  fc.record(
    {
      ...{
        type: mostly(fc.constant(kind.type)),
        name: mostly(toxicNames),
        stream: mostly(fc.constantFrom('upstream', 'Downstream')),
      },
      ...{ toxicity: mostly(toxicityOf(kind)), seed: mostly(fc.integer()), lease: mostly(fc.constant(5)) },
      attributes: fc.record(Object.fromEntries(attributesOf(kind).map(([name, spec]) => [name, attribute(spec)])), {
        requiredKeys: [],
      }),
    },
    { requiredKeys: ['type'] },
  );
/** Those of each kind are made once: to make them takes longer than to draw from them. */
const toxic = fc.oneof(...anyKinds.map(toxicOf));
/** A handshake can be spoiled only where there is one. */
const tls = fc.record({ client: fc.record({ names: fc.constantFrom([], ['example.test']) }) }, { requiredKeys: [] });
const proxy = fc.record(
  {
    ...{ name: mostly(names), upstream: mostly(fc.constant('127.0.0.1:9')), enabled: mostly(fc.boolean()) },
    listen: mostly(fc.constantFrom('127.0.0.1:0', '127.0.0.1:0', 'nowhere', '127.0.0.1:99999')),
    ...{ toxics: fc.array(toxic, { maxLength: 2 }), seed: mostly(fc.integer()), lease: mostly(fc.constant(5)) },
    tls: mostly(tls),
  },
  { requiredKeys: ['name', 'upstream'] },
);
const lease = fc.record({ leaseMs: mostly(fc.integer({ min: 1, max: 1000 })) }, { requiredKeys: [] });
const log = fc.record({ on: mostly(fc.boolean()), limit: mostly(fc.integer({ min: 1, max: 100 })) }, { requiredKeys: ['on'] }); // prettier-ignore
/** What a plan is asked for: as much as the machine has time for ten thousand times. */
const query = fc
  .record(
    {
      ...{ connections: mostly(fc.integer({ min: 1, max: 5 })), requests: mostly(fc.integer({ min: 1, max: 5 })) },
      ...{ from: mostly(fc.integer({ min: 1 })), bytes: mostly(fc.nat({ max: 1000 })) },
      chunkBytes: mostly(fc.integer({ min: 100, max: 1000 })),
    },
    { requiredKeys: [] },
  )
  .map((wanted) => {
    const pairs = Object.entries(wanted).map(([name, value]) => [name, typeof value === 'string' ? value : jsonOf(value)]); // prettier-ignore
    return `?${new URLSearchParams(Object.fromEntries(pairs) as Record<string, string>).toString()}`;
  });
const wild = fc.oneof(toxic, proxy, fc.array(proxy, { maxLength: 3 }), fc.anything());
const at = (
  method: string,
  path: fc.Arbitrary<string>,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<{ method: string; path: string; value: unknown }> =>
  fc.record({ method: fc.constant(method), path, value });
const call = fc.record({
  to: fc.oneof(
    at('POST', fc.constant('/proxies'), proxy),
    at('POST', fc.constant('/populate'), fc.array(proxy, { maxLength: 3 })),
    at('PATCH', one, proxy),
    { weight: 5, arbitrary: at('POST', one.map((path) => `${path}/toxics`), toxic) }, // prettier-ignore
    at('PATCH', oneToxic, toxic),
    at('DELETE', oneToxic, fc.constant(undefined)),
    at('GET', fc.oneof(fc.constantFrom(...ownPaths), ...accounts), fc.constant(undefined)),
    at('POST', fc.constant('/gameday/lease'), lease),
    at('POST', fc.constant('/gameday/decisions'), log),
    at(
      'GET',
      fc.tuple(under('/gameday/plan', ['proxy', 'toxic']), query).map((parts) => parts.join('')),
      fc.constant(undefined),
    ),
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

/** Of a 500: that a place to listen at is none, or that somebody has it. */
const isOfTheMachine =
  /^(?:listen tcp.*: |address .*: |lookup .*: )(?:bind: address already in use|invalid port|missing port in address|too many colons in address|no such host.*)$/;

/** What is looked at of an answer: that of a proxy has toxics, that of a toxic a type. */
interface Shown {
  readonly error?: string;
  readonly type?: string;
  readonly toxics?: readonly { readonly type: string }[];
}

/** A path with names and query left out. */
const routeOf = (method: string, path: string): string =>
  `${method} ${path.replace(/\?.*$/, '').replace(/^(\/gameday\/[a-z]+)\/.*$/, '$1/…')}`;

it('answers ten thousand calls, whatever is in them, with a status and, where there is a body that says something, JSON; with a 500 only when it cannot listen', async () => {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  // Nobody connects: that a port speaks TLS matters to what may be asked for only.
  const openPort: OpenPort = (settings) => network.openPort({ ...settings, tls: undefined });
  const { handle } = createProxyCore({ clock, random: seededRandom(1), log: () => undefined, openPort });
  const seen = new Map<number, number>();
  const taken = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(call, async ({ to: { method, path, value }, isCut }) => {
      const text = jsonOf(value);
      const body = isCut ? text.slice(0, text.length / 2) : text;
      const init = method === 'GET' ? { method } : { method, body };
      const response = await handle(new Request(`http://proxy${path}`, init));
      const answer = await response.text();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      expect(response.status).toBeLessThan(501);
      // As in Toxiproxy, what is no route at all is answered in plain words. A certificate is no JSON.
      const isPlain = answer === '' || answer === '404 page not found\n' || path === '/gameday/authority';
      const json = isPlain ? undefined : (JSON.parse(answer) as Shown);
      if (response.status === 500) expect(json?.error).toMatch(isOfTheMachine);
      if (!response.ok) return;
      const added = method === 'POST' ? [json?.type, ...(json?.toxics ?? []).map(({ type }) => type)] : [];
      for (const what of [routeOf(method, path), ...added])
        if (what !== undefined) taken.set(what, (taken.get(what) ?? 0) + 1);
    }),
    { numRuns: 10_000 },
  );
  // Many got beyond the door: of every kind of answer, to every route of our own, and with every type of toxic.
  for (const status of [200, 201, 204, 400, 404, 405, 409, 500])
    expect([status, (seen.get(status) ?? 0) >= 20]).toEqual([status, true]);
  const routes = [
    ...ownPaths.map((path) => `GET ${path}`),
    ...['receipts', 'decisions', 'plan'].map((what) => `GET /gameday/${what}/…`),
    ...['POST /gameday/lease', 'POST /gameday/decisions'],
  ];
  const never = [...routes, ...anyKinds.map(({ type }) => type)].filter((what) => !taken.has(what));
  expect(never).toEqual([]);
  // Eleven seconds where nothing else runs; the limit is for what hangs, not for how fast a machine is.
}, 180_000);
