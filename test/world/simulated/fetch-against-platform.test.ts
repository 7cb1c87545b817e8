import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';

/** `/302/x` is sent on to `/x` by that status, `/to?URL` to anywhere; all else tells what it was sent. */
async function handler(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const [, status, path] = /^[/](3\d\d)([/].*)$/.exec(pathname) ?? [];
  if (path !== undefined) return new Response('moved', { status: Number(status), headers: { location: path } });
  if (pathname === '/to')
    return new Response('moved', { status: 302, headers: { location: decodeURIComponent(search.slice(1)) } });
  if (pathname === '/nowhere') return new Response('moved', { status: 302 });
  const headers = ['authorization', 'cookie', 'content-type', 'x-kept'].map((name) => request.headers.get(name));
  const bytes = Buffer.from(await request.arrayBuffer());
  return Response.json({ method: request.method, pathname, headers, body: bytes.toString('latin1') });
}

const post = (body: NonNullable<RequestInit['body']>): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'x-kept': 'yes' },
});
const bytes = new Uint8Array([0, 255, 128, 10]);
const streamed = (): RequestInit => ({ ...post(new Blob(['a stream']).stream()), duplex: 'half' });
const failing = (): RequestInit => ({
  ...post(new ReadableStream({ pull: (controller) => controller.error(new Error('the caller broke')) })),
  duplex: 'half',
});
const secrets = { headers: { authorization: 'secret', cookie: 'secret', 'x-kept': 'yes' } };

type Ask = (send: typeof fetch, base: string) => Promise<Response>;
const asks: Readonly<Record<string, Ask>> = {
  'a URL with a fragment': (send, base) => send(`${base}/x#part`),
  'a request': (send, base) => send(new Request(`${base}/x`, secrets)),
  'a request with a text': (send, base) => send(new Request(`${base}/x`, post('grüße'))),
  'a request with bytes, and another header': (send, base) =>
    send(new Request(`${base}/x`, post(bytes)), { headers: { 'x-kept': 'no' } }),
  'a request with another body': (send, base) => send(new Request(`${base}/x`, post(bytes)), { body: 'other' }),
  bytes: (send, base) => send(`${base}/x`, post(bytes)),
  'a form of names and values': (send, base) => send(`${base}/x`, post(new URLSearchParams({ a: 'ü&' }))),
  'a blob': (send, base) => send(`${base}/x`, post(new Blob([bytes], { type: 'application/x-bytes' }))),
  'a stream': (send, base) => send(`${base}/x`, streamed()),
  'a stream that fails': (send, base) => send(`${base}/x`, failing()),
  'a stream, not said to be half duplex': (send, base) => send(`${base}/x`, post(new Blob(['x']).stream())),
  'nothing, and is sent on': (send, base) => send(`${base}/302/x#part`, secrets),
  'a text, and is sent on by 301': (send, base) => send(`${base}/301/x`, post('text')),
  'a text, and is sent on by 302': (send, base) => send(`${base}/302/x`, post('text')),
  'a text, and is sent on by 303': (send, base) => send(`${base}/303/x`, post('text')),
  'a text, and is sent on by 307': (send, base) => send(`${base}/307/x`, post('text')),
  'a text by PUT, and is sent on by 302': (send, base) => send(`${base}/302/x`, { ...post('text'), method: 'PUT' }),
  'a text by PUT, and is sent on by 303': (send, base) => send(`${base}/303/x`, { ...post('text'), method: 'PUT' }),
  'a request with a text, and is sent on by 308': (send, base) => send(new Request(`${base}/308/x`, post('text'))),
  'a stream, and is sent on by 303': (send, base) => send(`${base}/303/x`, streamed()),
  'a stream, and is sent on by 307': (send, base) => send(`${base}/307/x`, streamed()),
  'secrets, and is sent on to another origin': (send, base) =>
    send(`${base}/to?${encodeURIComponent(`${base.replace('127.0.0.1', 'localhost')}/x`)}`, secrets),
  'what is sent on to nowhere': (send, base) => send(`${base}/nowhere`),
  'what is sent on, which it wants to do itself': (send, base) => send(`${base}/302/x`, { redirect: 'manual' }),
  'what is sent on, which it does not want': (send, base) => send(`${base}/302/x`, { redirect: 'error' }),
  'what is sent on twenty times': (send, base) => send(`${base}${'/302'.repeat(20)}/x`),
  'what is sent on too often': (send, base) => send(`${base}${'/302'.repeat(21)}/x`),
  'what is sent on to another protocol': (send, base) => send(`${base}/to?ftp://h/x`),
  'what is sent on to no URL': (send, base) => send(`${base}/to?http://[/`),
  'a header that is no Latin-1': (send, base) => send(`${base}/x`, { headers: { 'x-kept': '5 €' } }),
  'a header of two lines': (send, base) => send(`${base}/x`, { headers: [['x-kept', 'a\nb']] }),
  'a header whose name has a blank': (send, base) => send(`${base}/x`, { headers: { 'x kept': 'a' } }),
  'a header that is Latin-1, with blanks around it': (send, base) =>
    send(`${base}/x`, { headers: { 'x-kept': ' é ' } }),
  'a method that is none': (send, base) => send(`${base}/x`, { method: 'B AD' }),
  'a method that is not allowed': (send, base) => send(`${base}/x`, { method: 'TRACE' }),
  'a method of its own': (send, base) => send(`${base}/x`, { method: 'QUERY' }),
  'a GET with a body': (send, base) => send(`${base}/x`, { body: 'x' }),
  'a HEAD with a body': (send, base) => send(`${base}/x`, { method: 'HEAD', body: bytes }),
  'a URL with credentials': (send, base) => send(`${base.replace('//', '//user:secret@')}/x`),
  'a header of two lines, in a record': (send, base) => send(`${base}/x`, { headers: { 'x-kept': 'a\nb' } }),
  'a URL with blanks and a tab': (send, base) => send(` \n${base.replace('http', 'ht\ttp')}/x `),
  'what can be made a URL': (send, base) => send({ toString: () => `${base}/x` } as unknown as URL),
  'nothing at all': (send) => send(undefined as unknown as string),
  'nothing more than a URL': (send, base) => send(`${base}/x`, null as unknown as RequestInit),
  'a method in small letters': (send, base) => send(`${base}/x`, { ...post('text'), method: 'put' }),
  'a redirect that is none': (send, base) => send(`${base}/x`, { redirect: 'maybe' as 'follow' }),
  'a bad method, which is aborted': (send, base) => send(`${base}/x`, { method: 'B AD', signal: AbortSignal.abort() }),
  'a URL with credentials alone': (send, base) => send(base.replace('//', '//user:secret@')),
  'settings that are a number': (send, base) => send(`${base}/x`, 5 as unknown as RequestInit),
  'a redirect that is null': (send, base) => send(`${base}/x`, { redirect: null as unknown as 'follow' }),
  'headers that are null': (send, base) => send(`${base}/x`, { headers: null as unknown as Headers }),
  'headers that are a text': (send, base) => send(`${base}/x`, { headers: 'a: b' as unknown as Headers }),
  'a signal that is none': (send, base) => send(`${base}/x`, { signal: 'x' as unknown as AbortSignal }),
  'a request without its signal': (send, base) =>
    send(new Request(`${base}/x`, { signal: AbortSignal.abort() }), { signal: null }),
  'a cache that is none': (send, base) => send(`${base}/x`, { cache: 'bogus' as 'default' }),
  'a mode that nobody may have': (send, base) => send(`${base}/x`, { mode: 'navigate' }),
  'settings that change nothing': (send, base) =>
    send(`${base}/x`, { ...post('text'), keepalive: false, mode: 'cors' }),
  'headers that can be read once, beside another setting': (send, base) =>
    send(`${base}/x`, { headers: new Map([['x-kept', 'yes']]).entries() as unknown as Headers, cache: 'no-store' }),
  'a body in two ways at once': (send, base) => send(`${base}/x`, { ...post('text'), duplex: 'full' as 'half' }),
  'no URL': (send) => send('nowhere'),
  'a URL that says itself what is there': (send) => send('data:text/plain,hello'),
  'a URL of another protocol': (send) => send('ftp://127.0.0.1/x'),
};

/** All that the caller sees. */
async function seenBy(send: typeof fetch, base: string, ask: Ask): Promise<unknown> {
  try {
    const response = await ask(send, base);
    const { status, statusText, type, url, redirected } = response;
    return {
      // One that came by way of another origin is of type `cors` on the platform.
      ...{ status, statusText, type: redirected ? undefined : type },
      url: url.replace(new URL(base).port, 'port'),
      redirected,
      copy: response.clone().url === url,
      text: await response.text(),
    };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const { message, cause: why } = cause;
    // The port is another.
    return {
      message: message.replace(new URL(base).port, 'port'),
      why: why instanceof Error ? why.message : undefined,
    };
  }
}

let server: Server;
let real: string;

beforeAll(async () => {
  const listener = getRequestListener(handler, { overrideGlobalObjects: false });
  server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  real = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the fetch of a simulated network does what the platform does', () => {
  it.each(Object.entries(asks))('where it sends %s', async (_, ask) => {
    const expected = await seenBy(fetch, real, ask);
    const network = new SimulatedNetwork(new VirtualClock());
    const address = network.listen(handler);
    expect(await seenBy(network.fetch, `http://${address}`, ask), 'past every link').toEqual(expected);
    const link = await linkTo(network, address);
    expect(await seenBy(network.fetch, link.url, ask), 'through a link').toEqual(expected);
  });
});

describe('a body that is sent through a simulated link', () => {
  const form = new FormData();
  form.set('text', 'one\ntwo "ü"');
  form.append('na"me', new File([bytes], 'file.bin'));
  const bodies: Readonly<Record<string, () => RequestInit>> = {
    'a text': () => post('ü'.repeat(5000)),
    bytes: () => post(new Uint8Array(10_000)),
    'a blob': () => post(new Blob(['x'.repeat(10_000)])),
    'a form of names and values': () => post(new URLSearchParams({ a: 'x'.repeat(9998) })),
    'a stream': () => ({ ...post(new Blob(['x'.repeat(10_000)]).stream()), duplex: 'half' }),
  };

  it.each(Object.entries(bodies))('counts for what is in it: %s, by itself and in a request', async (_, init) => {
    const network = new SimulatedNetwork(new VirtualClock());
    const link = await linkTo(network, network.listen(handler));
    await (await network.fetch(`${link.url}/x`, init())).text();
    expect(link.bytesUpstream()).toBe(10_000 + 256);
    await (await network.fetch(new Request(`${link.url}/x`, init()))).text();
    expect(link.bytesUpstream()).toBe(2 * (10_000 + 256));
  });

  it('counts for as much as the platform makes of a form', async () => {
    const network = new SimulatedNetwork(new VirtualClock());
    const link = await linkTo(network, network.listen(handler));
    await (await network.fetch(`${link.url}/x`, post(form))).text();
    expect(link.bytesUpstream()).toBe((await new Response(form).arrayBuffer()).byteLength + 256);
  });

  it('is given up at once by a caller who gives up while it is read', async () => {
    const network = new SimulatedNetwork(new VirtualClock());
    const link = await linkTo(network, network.listen(handler));
    const caller = new AbortController();
    const endless = { ...post(new ReadableStream()), duplex: 'half' as const, signal: caller.signal };
    const sending = network.fetch(`${link.url}/x`, endless);
    caller.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
  });
});

it('knows addresses of IPv6, and ports that nobody has to say', async () => {
  const network = new SimulatedNetwork(new VirtualClock());
  const codeOf = (url: string): Promise<unknown> =>
    network.fetch(url).then(
      (response) => response.status,
      (cause: unknown) => ((cause as Error).cause as { code?: string }).code,
    );
  for (const address of ['[::1]:80', '127.0.0.1:80', '127.0.0.1:443']) network.listen(handler, address);
  for (const url of ['http://[::1]/', 'http://127.0.0.1/', 'https://127.0.0.1/']) expect(await codeOf(url)).toBe(200);
  expect(await codeOf('http://[::1]:9/')).toBe('ECONNREFUSED');
});

async function linkTo(
  network: SimulatedNetwork,
  upstream: string,
): Promise<{ url: string; bytesUpstream: () => number | undefined }> {
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: network.openPort,
  });
  const request = { name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] };
  const { listen } = await registry.create(request);
  return { url: `http://${listen}`, bytesUpstream: () => registry.traffic()['link']?.bytesUpstream };
}
