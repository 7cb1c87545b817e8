import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAttributes } from '../../../harness/proxy/attributes.ts';
import { httpStatus } from '../../../harness/proxy/http/kinds/http-status.ts';
import { matches } from '../../../harness/proxy/http/matcher.ts';
import { pathOf, readHead } from '../../../harness/proxy/http/message-head.ts';
import { startBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await bench.proxy('a', '127.0.0.1:1');
});
afterEach(() => bench.cleanup.stop());

async function refusalOf(attributes: object): Promise<unknown> {
  const { status, text } = await bench.call('POST', '/proxies/a/toxics', { type: 'http_status', attributes });
  return status === 400 ? (JSON.parse(text) as { error: string }).error : status;
}

describe('a matcher that no request can fit to', () => {
  it.each([
    ...['GET POST', 'GET;POST', ',', 'POST,', 'PO\tST', 'GÉT', 'A'.repeat(33)].map((method) => ({ method })),
    ...['v1/*', '?x=1', '/v1/models?limit=5', '/v1#top', '/a b', '/für', '/a\n', ' /a'].map((path) => ({ path })),
    ...[': value', ':', ' ', 'x y', 'x: a\nb', 'x: 日本', 'für'].map((header) => ({ header })),
  ])('is refused with what is expected: %j', async (attributes) => {
    const [name = '', value] = Object.entries(attributes)[0] ?? [];
    const expected: Readonly<Record<string, string>> = {
      method: 'a method, as "POST", or several with commas between, as "POST,PUT"',
      path: 'a path from its first "/" on',
      header: 'a field, as "name" or "name: value"',
    };
    const error = await refusalOf(attributes);
    expect(error).toContain(`attribute "${name}" of http_status must be ${expected[name]}`);
    expect(error).toContain(`not ${JSON.stringify(value)}`);
  });

  it('is refused when a toxic is changed, too, which stays as it was', async () => {
    await bench.toxic('a', { name: 'x', type: 'http_status', attributes: { path: '/a' } });
    expect((await bench.call('PATCH', '/proxies/a/toxics/x', { attributes: { path: 'a' } })).status).toBe(400);
    expect((await bench.call('GET', '/proxies/a/toxics/x')).json).toMatchObject({ attributes: { path: '/a' } });
  });

  it.each([
    ...['post', 'PUT, post', 'M-SEARCH', 'VERSION_CONTROL'].map((method) => ({ method })),
    ...['/', '*', '*slow', '/v1/*', '/f%C3%BCr', '/a:b@c;d=e'].map((path) => ({ path })),
    ...['x-a', 'X-A:', 'x-a: b:c', 'x-a : "q"', 'x-a: f\xfcr*'].map((header) => ({ header })),
  ])('is none of %j', async (attributes) => {
    expect(await refusalOf(attributes)).toBe(200);
  });

  it('gets through by nothing: a request fits to each that is taken', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aZ/*:?# ,\n\t-_%é\xa0日'.split('')), maxLength: 12 });
    const begun = (begin: string): fc.Arbitrary<string> => text.map((rest) => begin + rest);
    const method = fc.oneof(text, begun('G'));
    const path = fc.oneof(text, begun('/'), begun('*'));
    const header = fc.oneof(text, begun('x-a:'), begun('x'));
    const taken = new Map<string, number>();
    fc.assert(
      fc.property(fc.record({ method, path, header }), (given) => {
        for (const [name, value] of Object.entries(given)) {
          if (!isTaken({ [name]: value })) continue;
          taken.set(name, (taken.get(name) ?? 0) + 1);
          expect([name, value, matches({ [name]: value }, requestFor({ [name]: value }))]).toEqual([name, value, true]);
        }
      }),
      { numRuns: 2000 },
    );
    for (const name of ['method', 'path', 'header']) expect(taken.get(name) ?? 0, name).toBeGreaterThan(20);
  });
});

describe('a field that an answer cannot have', () => {
  it.each([
    ['content-length: 5', 'without content-length: the proxy says itself how long the body is'],
    ['x-a: 1\nTransfer-Encoding: chunked', 'without Transfer-Encoding: the proxy says itself how long the body is'],
    ['connection: close', 'without connection: whether the connection is kept is what the client asks for'],
    ['Keep-Alive: timeout=5', 'without Keep-Alive: whether the connection is kept'],
    ['proxy-connection: close', 'without proxy-connection: whether the connection is kept'],
    ['no field', 'lines of "name: value", which "no field" is not'],
    ['x-a: 1\n: 2', 'lines of "name: value", which ": 2" is not'],
    ['x-a: 日本', 'lines of "name: value", which "x-a: 日本" is not'],
  ])('%j is refused, and why', async (headers, why) => {
    expect(await refusalOf({ headers })).toContain(why);
  });
});

function isTaken(attributes: Readonly<Record<string, string>>): boolean {
  try {
    readAttributes(httpStatus, attributes);
    return true;
  } catch {
    return false;
  }
}

/** A request that a matcher asks for, on the wire and read again. */
function requestFor({ method = '', path = '', header = '' }: Readonly<Record<string, string>>): {
  method: string;
  path: string;
  header: (name: string) => string | undefined;
} {
  const [name = '', ...value] = header.split(':');
  const field = header === '' ? 'host: a' : `${name.trim()}:${value.join(':').replaceAll('*', 'x')}`;
  const target = path.replace(/^\*/, '/x').replaceAll('*', 'x') || '/';
  const lines = [`${method.split(',')[0]?.trim() || 'GET'} ${target} HTTP/1.1`, field];
  const head = readHead('request', lines.join('\r\n'));
  if (head?.kind !== 'request') throw new Error(`no request: ${JSON.stringify(lines)}`);
  return { method: head.method, path: pathOf(head.target), header: (asked) => head.fields.get(asked) };
}
