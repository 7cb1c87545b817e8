import { afterEach, beforeEach, expect, it } from 'vitest';
import { portOf, portState, startSharedBench, type Answer, type Bench } from './support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startSharedBench();
});
afterEach(() => bench.cleanup.stop());

interface Proxy {
  readonly name: string;
  readonly listen: string;
  readonly enabled: boolean;
}
interface Populated {
  readonly error?: string;
  readonly status?: number;
  readonly proxies: Proxy[] | null;
}

const populate = (body: unknown): Promise<Answer<Populated>> => bench.call<Populated>('POST', '/populate', body);
const entry = (name: string, more = {}): Record<string, unknown> => {
  return { name, listen: '127.0.0.1:0', upstream: '127.0.0.1:9', ...more };
};

it('creates proxies in the order of the request, listening unless they say otherwise', async () => {
  // A port that nobody has: it must be left alone.
  const free = await bench.echo();
  await free.stop();
  const listen = free.address;
  const answer = await populate([entry('b'), entry('a', { enabled: false, listen }), entry('c', { enabled: true })]);
  expect(answer.status).toBe(201);
  const proxies = answer.json.proxies ?? [];
  expect(proxies.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['b', true],
    ['a', false],
    ['c', true],
  ]);
  expect([proxies[1]?.listen, await portState(free.port)]).toEqual([listen, 'ECONNREFUSED']);
  for (const proxy of [proxies[0], proxies[2]]) expect(await portState(portOf(proxy?.listen ?? ''))).toBe('open');
  expect((await bench.call('POST', '/proxies/c/toxics', { type: 'latency' })).status).toBe(200);
});

it('creates nothing when one entry has no name or upstream, and says which, counting from 1', async () => {
  const nameless = await populate([entry('a'), entry(''), entry('c')]);
  expect(nameless.status).toBe(400);
  expect(nameless.headers.get('content-type')).toBe('application/json');
  expect(nameless.json).toEqual({ error: 'missing required field: name at proxy 2', status: 400, proxies: null });
  const aimless = await populate([entry('a'), entry('b'), entry('c', { upstream: '' })]);
  expect(aimless.json.error).toBe('missing required field: upstream at proxy 3');
  expect((await bench.call('GET', '/proxies')).text).toBe('{}');
});

it('stops at the first that cannot start: those before it stay, those after it are not tried', async () => {
  const answer = await populate([entry('a'), entry('b', { listen: 'bad' }), entry('c')]);
  expect(answer.status).toBe(500);
  expect(answer.json).toMatchObject({ error: 'listen tcp: address bad: missing port in address', status: 500 });
  expect(answer.json.proxies?.map(({ name }) => name)).toEqual(['a']);
  expect(Object.keys((await bench.call('GET', '/proxies')).json)).toEqual(['a']);
});

it('refuses what is no list, and takes an empty one', async () => {
  const answer = await populate({});
  expect([answer.status, answer.json.proxies]).toEqual([400, null]);
  expect(answer.json.error).toMatch(/^bad request body: /);
  const empty = await populate([]);
  expect([empty.status, empty.json.proxies]).toEqual([201, null]);
});

it('leaves one with the same address by host name as it is, with its toxics, and replaces a changed one', async () => {
  const [first] = (await populate([entry('a')])).json.proxies ?? [];
  const listen = first?.listen ?? '';
  await bench.call('POST', '/proxies/a/toxics', { type: 'latency' });
  await populate([entry('a', { listen: `localhost:${portOf(listen)}` })]);
  const kept = (await bench.call('GET', '/proxies/a')).json;
  expect(kept).toMatchObject({ listen, toxics: [{ type: 'latency' }] });
  const replaced = await populate([entry('a', { listen, upstream: '127.0.0.1:10' })]);
  expect(replaced.json.proxies).toMatchObject([{ listen, upstream: '127.0.0.1:10', toxics: [] }]);
});

it('says of a name that is there twice what has become of the first: it has been replaced', async () => {
  const { json } = await populate([entry('a'), entry('a', { upstream: '127.0.0.1:10' })]);
  expect(json.proxies).toMatchObject([
    { upstream: '127.0.0.1:9', enabled: false },
    { upstream: '127.0.0.1:10', enabled: true },
  ]);
  expect((await bench.call('GET', '/proxies')).json).toMatchObject({ a: { upstream: '127.0.0.1:10' } });
});

it('leaves one that is disabled as it is, but for one that has no address yet', async () => {
  for (const name of ['a', 'b'])
    await bench.call('POST', '/proxies', { ...entry(name, name === 'a' ? {} : { listen: '' }), enabled: false });
  const { json } = await populate([entry('a'), entry('b', { listen: '' })]);
  expect(json.proxies?.map(({ enabled }) => enabled)).toEqual([false, true]);
});

it('leaves one that is there enabled or disabled as it is, whatever the list says of that', async () => {
  const [first] = (await populate([entry('a')])).json.proxies ?? [];
  const again = await populate([entry('a', { listen: first?.listen, enabled: false })]);
  expect([again.status, again.json.proxies?.map(({ enabled }) => enabled)]).toEqual([201, [true]]);
  await bench.call('POST', '/proxies/a', { enabled: false });
  const last = await populate([entry('a', { listen: first?.listen, enabled: true })]);
  expect(last.json.proxies?.map(({ enabled }) => enabled)).toEqual([false]);
});

it.each([
  ['bad', 'address bad: missing port in address'],
  ['127.0.0.1:70000', 'address 70000: invalid port'],
])('leaves the old one as it is when %s is no address for its replacement', async (listen, error) => {
  const [first] = (await populate([entry('a')])).json.proxies ?? [];
  const answer = await populate([entry('b'), entry('a', { listen, upstream: '127.0.0.1:10' }), entry('c')]);
  expect(answer.status).toBe(500);
  expect(answer.json).toMatchObject({ error, status: 500, proxies: [{ name: 'b' }] });
  expect((await bench.call('GET', '/proxies/a')).json).toEqual(first);
});

it('keeps the old one, stopped, when its replacement cannot start', async () => {
  const [first] = (await populate([entry('a')])).json.proxies ?? [];
  // A bad address is found out before the old one is stopped; a port that is taken, only after it.
  const { listen: taken } = (await bench.call<Proxy>('POST', '/proxies', entry('other'))).json;
  expect((await populate([entry('a', { listen: taken })])).status).toBe(500);
  const { json } = await bench.call('GET', '/proxies/a');
  expect(json).toMatchObject({ enabled: false });
  expect(await portState(portOf(first?.listen ?? ''))).toBe('ECONNREFUSED');
});
