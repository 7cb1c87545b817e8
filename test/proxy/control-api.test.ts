import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { againstRealServer, portOf, portState, startSharedBench, type Answer, type Bench } from './support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startSharedBench();
});
afterEach(() => bench.cleanup.stop());

interface Proxy {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: Record<string, unknown>[];
}

const create = (body: Record<string, unknown>): Promise<Answer<Proxy>> =>
  bench.call<Proxy>('POST', '/proxies', { listen: '127.0.0.1:0', upstream: '127.0.0.1:9', ...body });
const addToxic = (toxic: unknown, proxy = 'a'): Promise<Answer> =>
  bench.call('POST', `/proxies/${proxy}/toxics`, toxic);

function expectError(answer: Answer<unknown>, status: number, error: string): void {
  // Ours may say more, in a field that clients of Toxiproxy pass over.
  const { hint, ...said } = JSON.parse(answer.text) as { hint?: string };
  const more = hint === undefined || againstRealServer ? {} : { hint };
  expect(said).toEqual({ error, status });
  expect(answer.text).toBe(`${JSON.stringify({ error, status, ...more })}\n`);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
}

describe('every answer', () => {
  it('carries a request id of its own, but for those of routes that there are not', async () => {
    const first = await bench.call('GET', '/version');
    const second = await bench.call('GET', '/proxies/none');
    expect(first.headers.get('x-toxiproxy-request-id')).toMatch(/^[0-9a-z]{20}$/);
    expect(second.headers.get('x-toxiproxy-request-id')).not.toBe(first.headers.get('x-toxiproxy-request-id'));
    for (const [method, path] of [
      ['GET', '/nope'],
      ['PUT', '/proxies'],
      ['GET', '//version/'],
    ] as const)
      // prettier-ignore
      expect((await bench.call(method, path)).headers.get('x-toxiproxy-request-id')).toBeNull();
  });

  it('is 403 to a browser', async () => {
    const answer = await bench.call('POST', '/reset', undefined, { 'user-agent': 'Mozilla/5.0 (X11)' });
    expect([answer.status, answer.text]).toEqual([403, 'User agent not allowed\n']);
    // What is not there is not there to him either.
    expect((await bench.call('GET', '/nope', undefined, { 'user-agent': 'Mozilla/5.0' })).status).toBe(404);
  });

  it.each(['Wget/1.19', 'curl/8.5.0', 'not Mozilla/5.0'])('is given to %s', async (agent) => {
    expect((await bench.call('GET', '/version', undefined, { 'user-agent': agent })).status).toBe(200);
  });

  it('is 404 as plain text for a path that is not there, and 405 for a method that is not', async () => {
    const unknown = await bench.call('GET', '/nope');
    expect([unknown.status, unknown.text]).toEqual([404, '404 page not found\n']);
    const method = await bench.call('PUT', '/proxies');
    expect([method.status, method.text]).toEqual([405, '']);
  });

  it('is led from a path with slashes too many to the right one, and 400 where it is none', async () => {
    const moved = await fetch(`${bench.url}//proxies//a/toxics?x=1`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/proxies/a/toxics?x=1']);
    expect((await bench.call('GET', '//version')).status).toBe(200);
    expect((await bench.call('GET', '/proxies/%zz')).status).toBe(400);
  });
});

it.skipIf(againstRealServer)('GET /version is the version as JSON, with a line feed', async () => {
  const answer = await bench.call('GET', '/version');
  expect([answer.status, answer.text]).toEqual([200, '{"version": "2.12.0"}\n']);
  expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8');
});

describe('proxies', () => {
  it('are none at first', async () => {
    const answer = await bench.call('GET', '/proxies');
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('are created with 201, listening, with the port that they got', async () => {
    const answer = await create({ name: 'a' });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ name: 'a', upstream: '127.0.0.1:9', enabled: true, toxics: [] });
    expect(answer.json.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(await portState(portOf(answer.json.listen))).toBe('open');
    expect((await bench.call('GET', '/proxies/a')).text).toBe(answer.text);
    expect((await bench.call('GET', '/proxies')).json).toEqual({ a: answer.json });
  });

  it('resolve a host name in listen', async () => {
    expect((await create({ name: 'a', listen: 'localhost:0' })).json.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  });

  it.each([
    ['', 'EOF'],
    ['{"name":5}', ''],
    ['{"na', ''],
    ['[]', ''],
  ])('refuse the body %s', async (body, why) => {
    const answer = await bench.call('POST', '/proxies', body);
    expect(answer.status).toBe(400);
    expect(answer.json['error']).toMatch(new RegExp(`^bad request body: ${why}`));
  });

  it('with half a pair of surrogates in the name have U+FFFD there, by which they are found', async () => {
    const body = '{"name": "a\\ud800b", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}';
    expect((await bench.call('POST', '/proxies', body)).json).toMatchObject({ name: 'a\ufffdb' });
    expect((await bench.call('DELETE', `/proxies/${encodeURIComponent('a\ufffdb')}`)).status).toBe(204);
    // A whole pair is a character.
    const whole = '{"name": "\\ud83d\\ude00", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}';
    expect((await bench.call('POST', '/proxies', whole)).json).toMatchObject({ name: '😀' });
  });

  it('need a name and an upstream', async () => {
    expectError(await create({ name: '' }), 400, 'missing required field: name');
    expectError(await create({ name: 'a', upstream: '' }), 400, 'missing required field: upstream');
  });

  it('answer 409 to a name that is taken, until it is deleted', async () => {
    await create({ name: 'a' });
    expectError(await create({ name: 'a' }), 409, 'proxy already exists');
    expect((await bench.call('DELETE', '/proxies/a')).status).toBe(204);
    expect((await create({ name: 'a' })).status).toBe(201);
  });

  it('create one of two with the same name that are asked for at the same time', async () => {
    const statuses = (await Promise.all([create({ name: 'a' }), create({ name: 'a' })])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409]);
  });

  it('answer 500 to a port that is taken, until the other is deleted', async () => {
    const { listen } = (await create({ name: 'a' })).json;
    expectError(await create({ name: 'b', listen }), 500, `listen tcp ${listen}: bind: address already in use`);
    expect((await bench.call('GET', '/proxies/b')).status).toBe(404);
    await bench.call('DELETE', '/proxies/a');
    expect((await create({ name: 'b', listen })).json.listen).toBe(listen);
  });

  // Where several things are wrong, each says the same one of them.
  it.each([
    ['localhost', 'address localhost: missing port in address'],
    ['localhost:99999', 'address 99999: invalid port'],
    ['::1:80', 'address ::1:80: too many colons in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['[::1]', 'address [::1]: missing port in address'],
    ['[::1]a:80', 'address [::1]a:80: missing port in address'],
    ['[::1]:80:1', 'address [::1]:80:1: too many colons in address'],
    ['[localhost', 'address [localhost: missing port in address'],
    ['[a[b]:80', "address [a[b]:80: unexpected '[' in address"],
    ['[a]:8]', "address [a]:8]: unexpected ']' in address"],
    ['a]b[c:80', "address a]b[c:80: unexpected '[' in address"],
    ['127.1:0', 'lookup 127.1: no such host'],
  ])('answer 500 to the address %s, and to a change to it, of which nothing is then done', async (listen, why) => {
    expectError(await create({ name: 'a', listen }), 500, `listen tcp: ${why}`);
    const first = (await create({ name: 'a' })).json;
    // Before that it is only compared with the one that is there.
    for (const change of [{ listen }, { listen, upstream: '127.0.0.1:10', enabled: false }])
      expectError(await bench.call('PATCH', '/proxies/a', change), 500, why);
    expect((await bench.call('GET', '/proxies/a')).json).toEqual(first);
  });

  it('that were created disabled with an address that is none answer 500 to any change but that of it', async () => {
    await create({ name: 'a', listen: 'bad', enabled: false });
    for (const change of [{ upstream: '127.0.0.1:10' }, { enabled: true }])
      expectError(await bench.call('PATCH', '/proxies/a', change), 500, 'address bad: missing port in address');
    const mended = await bench.call('PATCH', '/proxies/a', { listen: '127.0.0.1:0', enabled: true });
    expect(mended.json).toMatchObject({ upstream: '127.0.0.1:9', enabled: true });
  });

  it('that are created disabled keep listen as it was given, until they are enabled', async () => {
    const created = await create({ name: 'a', listen: 'localhost:0', enabled: false });
    expect(created.json).toMatchObject({ listen: 'localhost:0', enabled: false });
    const enabled = (await bench.call<Proxy>('POST', '/proxies/a', { enabled: true })).json;
    expect(enabled.enabled).toBe(true);
    const port = portOf(enabled.listen);
    expect(await portState(port)).toBe('open');
    const disabled = (await bench.call<Proxy>('PATCH', '/proxies/a', { enabled: false })).json;
    expect(disabled).toEqual({ ...enabled, enabled: false });
    expect(await portState(port)).toBe('ECONNREFUSED');
    expect((await bench.call<Proxy>('PATCH', '/proxies/a', { enabled: true })).json.listen).toBe(enabled.listen);
    expect(await portState(port)).toBe('open');
  });

  it('that are created disabled listen nowhere', async () => {
    const echo = await bench.echo();
    await echo.stop();
    const created = await create({ name: 'a', listen: echo.address, enabled: false });
    expect(created.json).toMatchObject({ listen: echo.address, enabled: false });
    expect(await portState(echo.port)).toBe('ECONNREFUSED');
  });

  it('are gone after DELETE, port and all', async () => {
    const { listen } = (await create({ name: 'a' })).json;
    const deleted = await bench.call('DELETE', '/proxies/a');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect(await portState(portOf(listen))).toBe('ECONNREFUSED');
    expectError(await bench.call('DELETE', '/proxies/a'), 404, 'proxy not found');
    expectError(await bench.call('GET', '/proxies/a'), 404, 'proxy not found');
    expectError(await bench.call('PATCH', '/proxies/a', '{'), 404, 'proxy not found');
  });

  it('move to another port when listen changes, and stay when it only resolves to the same', async () => {
    const first = (await create({ name: 'a' })).json;
    const same = await bench.call<Proxy>('PATCH', '/proxies/a', { listen: `localhost:${portOf(first.listen)}` });
    expect(same.json).toEqual(first);
    const moved = (await bench.call<Proxy>('PATCH', '/proxies/a', { listen: '127.0.0.1:0', name: 'ignored' })).json;
    expect(moved).toMatchObject({ name: 'a', enabled: true });
    expect(moved.listen).not.toBe(first.listen);
    expect(await portState(portOf(first.listen))).toBe('ECONNREFUSED');
    expect(await portState(portOf(moved.listen))).toBe('open');
  });

  it('that failed to start can be started when the conflict is over', async () => {
    const { listen } = (await create({ name: 'a' })).json;
    await create({ name: 'b', listen, enabled: false });
    const refused = await bench.call('PATCH', '/proxies/b', { enabled: true });
    expectError(refused, 500, `listen tcp ${listen}: bind: address already in use`);
    await bench.call('DELETE', '/proxies/a');
    expect((await bench.call<Proxy>('PATCH', '/proxies/b', { enabled: true })).json).toMatchObject({
      listen,
      enabled: true,
    });
  });
});

describe('toxics', () => {
  beforeEach(async () => {
    await create({ name: 'a' });
  });

  it('are created with 200 and shown with every attribute, zeros too', async () => {
    const answer = await addToxic({ type: 'latency', attributes: { latency: 100 } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}',
    );
    expect((await bench.call('GET', '/proxies/a/toxics/latency_downstream')).text).toBe(answer.text);
    expect((await bench.call<Proxy>('GET', '/proxies/a')).json.toxics).toEqual([answer.json]);
  });

  it('have no stream that is only a word of the language', async () => {
    await create({ name: 'a' });
    for (const stream of ['constructor', '__proto__', 'toString'])
      expect((await addToxic({ type: 'latency', stream })).status).toBe(400);
  });

  it('are listed upstream first, then downstream, in the order in which they came', async () => {
    for (const [name, stream] of [
      ['d1', 'downstream'],
      ['u1', 'upstream'],
      ['d2', 'downstream'],
      ['u2', 'upstream'],
    ]) {
      await addToxic({ name, type: 'latency', stream });
    }
    const listed = await bench.call<{ name: string }[]>('GET', '/proxies/a/toxics');
    expect(listed.json.map(({ name }) => name)).toEqual(['u1', 'u2', 'd1', 'd2']);
  });

  it('take the stream in any case and echo it as it was sent', async () => {
    const { json } = await addToxic({ type: 'latency', stream: 'UPSTREAM', toxicity: 0.25 });
    expect(json).toMatchObject({ name: 'latency_UPSTREAM', stream: 'UPSTREAM', toxicity: 0.25 });
  });

  it('take an empty name as none, and a noop as a type', async () => {
    const answer = await addToxic({ name: '', type: 'noop', toxicity: 0.2 });
    expect(answer.json).toEqual({
      attributes: {},
      name: 'noop_downstream',
      type: 'noop',
      stream: 'downstream',
      toxicity: 0.2,
    });
  });

  it('refuse a stream or a type that there is not', async () => {
    const stream = 'stream was invalid, can be either upstream or downstream';
    expectError(await addToxic({ type: 'latency', stream: 'sideways' }), 400, stream);
    expectError(await addToxic({ type: 'latency', stream: '' }), 400, stream);
    expectError(await addToxic({ type: 'down' }), 400, 'invalid toxic type');
    expectError(await addToxic({}), 400, 'invalid toxic type');
    expectError(await addToxic({ type: 'latency' }, 'none'), 404, 'proxy not found');
    expect((await bench.call('GET', '/proxies/a/toxics')).text).toBe('[]');
  });

  it('answer 409 to a name that is taken, whatever the type and stream, and leave the first as it was', async () => {
    const first = await addToxic({ name: 't', type: 'latency', stream: 'upstream' });
    expectError(await addToxic({ name: 't', type: 'bandwidth', stream: 'downstream' }), 409, 'toxic already exists');
    expect((await bench.call('GET', '/proxies/a/toxics')).json).toEqual([first.json]);
  });

  it('have default names that do not collide between the streams', async () => {
    expect((await addToxic({ type: 'latency', stream: 'upstream' })).status).toBe(200);
    expect((await addToxic({ type: 'latency', stream: 'downstream' })).status).toBe(200);
    expectError(await addToxic({ type: 'latency' }), 409, 'toxic already exists');
  });

  it.each([{ latency: 'x' }, { latency: 1.5 }])('refuse the attributes %j', async (attributes) => {
    const answer = await addToxic({ type: 'latency', attributes });
    expect(answer.status).toBe(400);
    expect(answer.json['error']).toMatch(/^bad request body: /);
  });

  it.skipIf(againstRealServer)('name every attribute that is out of range, with its range', async () => {
    const answer = await addToxic({ type: 'latency', attributes: { latency: -1, jitter: 1e12 } });
    const range = 'must be a whole number from 0 to 86400000 (ms)';
    const error =
      `bad request body: attribute "latency" of latency ${range}, not -1; ` +
      `attribute "jitter" of latency ${range}, not 1000000000000`;
    expectError(answer, 400, error);
    expect((await bench.call('GET', '/proxies/a/toxics')).text).toBe('[]');
  });

  it.each(['POST', 'PATCH'])(
    'keep by %s what an update does not name, and ignore type, stream and name',
    async (method) => {
      await addToxic({ name: 't', type: 'latency', toxicity: 0.5, attributes: { latency: 100, jitter: 10 } });
      const change = { name: 'u', type: 'bandwidth', stream: 'upstream', attributes: { latency: 200 } };
      const updated = await bench.call(method, '/proxies/a/toxics/t', change);
      const expected = {
        attributes: { latency: 200, jitter: 10 },
        name: 't',
        type: 'latency',
        stream: 'downstream',
        toxicity: 0.5,
      };
      expect([updated.status, updated.json]).toEqual([200, expected]);
      expect((await bench.call('PATCH', '/proxies/a/toxics/t', { toxicity: 0 })).json).toEqual({
        ...expected,
        toxicity: 0,
      });
    },
  );

  it('are gone after DELETE', async () => {
    await addToxic({ name: 't', type: 'latency' });
    const deleted = await bench.call('DELETE', '/proxies/a/toxics/t');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const body = method === 'PATCH' ? {} : undefined;
      expectError(await bench.call(method, '/proxies/a/toxics/t', body), 404, 'toxic not found');
    }
  });

  it('are gone after a reset, which also enables every proxy', async () => {
    const { listen } = (await create({ name: 'b' })).json;
    await addToxic({ type: 'latency' }, 'b');
    await bench.call('PATCH', '/proxies/b', { enabled: false });
    expect((await bench.call('POST', '/reset')).status).toBe(204);
    expect((await bench.call('GET', '/proxies/b')).json).toMatchObject({ listen, enabled: true, toxics: [] });
    expect(await portState(portOf(listen))).toBe('open');
  });
});

describe.skipIf(againstRealServer)('toxics that come with their proxy', () => {
  it('are shown with it, and done to its first byte', async () => {
    const echo = await bench.echo();
    const toxics = [{ type: 'corrupt', attributes: { rate: 1 } }];
    const { listen, toxics: shown } = (await create({ name: 'a', upstream: echo.address, toxics })).json;
    expect(shown).toMatchObject([{ name: 'corrupt_downstream' }]);
    const peer = await bench.dial(portOf(listen));
    await peer.roundTrip('?');
    expect(peer.text).not.toBe('?');
  });

  it.each([
    [{ type: 'nope' }, 400, 'invalid toxic type'],
    [{ type: 'latency', stream: '' }, 400, 'stream was invalid, can be either upstream or downstream'],
  ])('prevent it when they are wrong: %j', async (toxic, status, error) => {
    expectError(await create({ name: 'a', toxics: [{ type: 'noop' }, toxic] }), status, error);
    expect((await bench.call('GET', '/proxies')).text).toBe('{}');
  });

  it('prevent it when two have one name', async () => {
    expectError(await create({ name: 'a', toxics: [{ type: 'noop' }, { type: 'noop' }] }), 409, 'toxic already exists');
    expect((await bench.call('GET', '/proxies')).text).toBe('{}');
  });
});
