import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../../harness/proxy/http/http-toxic.ts';
import { isTurn, matches } from '../../../harness/proxy/http/matcher.ts';
import { pathOf } from '../../../harness/proxy/http/message-head.ts';
import { startBench } from '../support.ts';
import { httpBench, httpClient } from './support.ts';

/** Statuses of 500 requests, by connection: 25 on each of 20, in turn, where the turns may go back and forth. */
async function statuses(
  seed: number,
  neighbours: readonly { readonly when: 'before' | 'meanwhile'; readonly toxic: object }[] = [],
  goesBack = false,
): Promise<string> {
  await using bench = await startBench({ seed });
  const { port } = await httpBench(bench, (_incoming, response) => void response.end('ok'));
  for (const { when, toxic } of neighbours) if (when === 'before') await bench.toxic('http', { ...toxic });
  await bench.toxic('http', { name: 'busy', type: 'http_status', toxicity: 0.5, attributes: {} });
  const clients = Array.from({ length: 20 }, () => httpClient(bench, port));
  const seen = clients.map(() => '');
  for (let round = 0; round < 25; round++) {
    for (const { when, toxic } of neighbours)
      if (when === 'meanwhile' && round === 10) await bench.toxic('http', { ...toxic });
    const turns = [...clients.entries()];
    // The first round says which connection has which number.
    for (const [number, ask] of goesBack && round > 0 ? turns.toReversed() : turns)
      seen[number] = `${seen[number] ?? ''}${(await ask()).status === 503 ? 'x' : '.'}`;
  }
  return seen.join('');
}

describe('chance', () => {
  it('chooses the same requests again by the same seed, whatever other toxics there are, and others by another', async () => {
    const first = await statuses(7);
    expect(first).toHaveLength(500);
    // Half of 500, within four standard deviations.
    expect(first.replaceAll('.', '').length).toBeGreaterThan(205);
    expect(first.replaceAll('.', '').length).toBeLessThan(295);
    const late = { name: 'a', type: 'http_latency', toxicity: 0.5, attributes: { latency: 1, jitter: 1 } };
    expect(await statuses(7)).toBe(first);
    expect(await statuses(7, [], true)).toBe(first);
    expect(await statuses(7, [{ when: 'before', toxic: late }])).toBe(first);
    expect(await statuses(7, [{ when: 'meanwhile', toxic: { ...late, type: 'latency' } }])).toBe(first);
    expect(await statuses(7, [{ when: 'meanwhile', toxic: { ...late, type: 'http_slow_body', attributes: {} } }])).toBe(first); // prettier-ignore
    expect(await statuses(8)).not.toBe(first);
  }, 60_000);

  it('chooses the same for a toxic that comes later, whether or not another was there before', async () => {
    const choices = async (hasOther: boolean): Promise<string> => {
      await using bench = await startBench({ seed: 3 });
      const { ask } = await httpBench(bench, (_incoming, response) => void response.end('ok'));
      const other = { name: 'other', type: 'http_latency', attributes: { latency: 0 } };
      if (hasOther) await bench.toxic('http', other);
      for (let count = 0; count < 5; count++) await ask();
      await bench.toxic('http', { name: 'busy', type: 'http_status', toxicity: 0.5, attributes: {} });
      let seen = '';
      for (let count = 0; count < 40; count++) seen += (await ask()).status === 503 ? 'x' : '.';
      return seen;
    };
    const alone = await choices(false);
    expect(alone).toMatch(/^(?=.*x)(?=.*\.)/);
    expect(await choices(true)).toBe(alone);
  });
});

describe('which requests a toxic is done to', () => {
  const request = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) => ({
    ...{ method, path },
    header: (name: string) => headers[name],
  });
  it.each<[AttributeValues, [string, string, Record<string, string>?], boolean]>([
    [{}, ['GET', '/'], true],
    [{ method: 'post' }, ['POST', '/'], true],
    [{ method: 'PUT, post' }, ['POST', '/'], true],
    [{ method: 'POST' }, ['GET', '/'], false],
    [{ method: ',' }, ['GET', '/'], false],
    [{ path: '/v1' }, ['GET', '/v1'], true],
    [{ path: '/v1' }, ['GET', '/v1/'], false],
    [{ path: '/v1/*' }, ['GET', '/v1/'], true],
    [{ path: '/v1/*' }, ['GET', '/v1'], false],
    [{ path: '*' }, ['GET', '/'], true],
    [{ path: '/a*a' }, ['GET', '/a'], false],
    [{ path: '/a*a' }, ['GET', '/aa'], true],
    [{ path: '/*/b/*/c' }, ['GET', '/x/b/y/c'], true],
    [{ path: '/*b*b' }, ['GET', '/b'], false],
    [{ path: '**' }, ['GET', ''], true],
    [{ path: '/a.c' }, ['GET', '/abc'], false],
    [{ header: 'x-a' }, ['GET', '/', { 'x-a': '' }], true],
    [{ header: 'X-A' }, ['GET', '/', { 'x-a': '1' }], true],
    [{ header: 'x-a' }, ['GET', '/', { 'x-b': '1' }], false],
    [{ header: 'x-a: 1' }, ['GET', '/', { 'x-a': '1' }], true],
    [{ header: 'x-a: 1' }, ['GET', '/', { 'x-a': '12' }], false],
    [{ header: 'x-a:1*' }, ['GET', '/', { 'x-a': '12' }], true],
    [{ header: 'x-a: b:c' }, ['GET', '/', { 'x-a': 'b:c' }], true],
    [{ method: 'GET', path: '/a', header: 'x' }, ['GET', '/a', { x: '' }], true],
    [{ method: 'GET', path: '/a', header: 'x' }, ['GET', '/a'], false],
  ])('%j takes %j: %j', (attributes, [method, path, headers], taken) => {
    expect(matches(attributes, request(method, path, headers))).toBe(taken);
  });

  it.each<[AttributeValues, string]>([
    [{}, 'xxxxxxxx'],
    [{ after: 3 }, '...xxxxx'],
    [{ nth: 3 }, '..x..x..'],
    [{ after: 1, nth: 3 }, '...x..x.'],
    [{ after: 8 }, '........'],
  ])('%j takes of those that match %s', (attributes, taken) => {
    const given = { nth: 1, ...attributes };
    expect(Array.from({ length: 8 }, (_, index) => (isTurn(given, index + 1) ? 'x' : '.')).join('')).toBe(taken);
  });

  it('counts those that match, on all connections, and takes no more than it was told to', async () => {
    await using bench = await startBench();
    const { port } = await httpBench(bench, (_incoming, response) => void response.end('ok'));
    const attributes = { path: '/a', after: 2, nth: 2, times: 3 };
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes });
    const clients = [httpClient(bench, port), httpClient(bench, port)];
    let seen = '';
    for (let count = 0; count < 14; count++)
      for (const path of ['/a', '/b?/a', '/a?b'])
        seen += (await clients[count % 2]?.({ path }))?.status === 503 ? 'x' : '.';
    // Of each three, the first and the third match: the 4th, 6th and 8th of them are taken.
    expect(Array.from(seen.matchAll(/x/g), ({ index }) => index)).toEqual([5, 8, 11]);
    expect(await bench.receipt('http', 'busy')).toMatchObject({
      requestsSeen: 42,
      requestsAltered: 3,
      connectionsSeen: 2,
    });
  });

  // A path of `*` would match any.
  it('looks at the path of OPTIONS *: it is none that begins at the root', () => {
    const path = pathOf('*');
    expect([matches({ path: '*' }, request('OPTIONS', path)), matches({ path: '/*' }, request('OPTIONS', path))]).toEqual([true, false]); // prettier-ignore
  });

  it.each([
    ['GET http://example.test HTTP/1.1', '/'],
    ['GET http://example.test?x=/b HTTP/1.1', '/'],
    ['GET http://example.test/a?x HTTP/1.1', '/a'],
    ['GET /a#b HTTP/1.1', '/a'],
  ])('looks at the path of %s: %s', async (line, path) => {
    await using bench = await startBench();
    const server = await bench.tcp((socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n')));
    const port = await bench.proxy('http', server.address);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { path } });
    const peer = await bench.dial(port);
    peer.socket.write(`${line}\r\nhost: a\r\n\r\n`);
    await peer.bytes(12);
    expect(peer.text).toMatch(/^HTTP\/1\.1 503/);
  });
});
