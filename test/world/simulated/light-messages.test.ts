import { describe, expect, it } from 'vitest';
import { LightRequest, TakingLightRequests } from '../../../harness/world/simulated/light-request.ts';
import { LightResponse } from '../../../harness/world/simulated/light-response.ts';

const Light = LightResponse as unknown as typeof Response;

describe.each([
  { of: 'the platform', Kind: Response },
  { of: 'the simulation', Kind: Light },
])('a response of $of', ({ Kind }) => {
  it('has the status, the headers and the text that it was given', async () => {
    const response = new Kind('grüße', { status: 201, statusText: 'Made', headers: { 'x-kept': 'yes' } });
    expect([response.status, response.statusText, response.ok, response.bodyUsed]).toEqual([201, 'Made', true, false]);
    expect([...response.headers]).toEqual([
      ['content-type', 'text/plain;charset=UTF-8'],
      ['x-kept', 'yes'],
    ]);
    expect(await response.text()).toBe('grüße');
    expect(response.bodyUsed).toBe(true);
  });

  it('is no success outside of 200 to 299', () => {
    expect(new Kind('', { status: 300 }).ok).toBe(false);
    expect(new Kind(null, { status: 204 }).ok).toBe(true);
  });

  it('reads JSON, and rejects what is none', async () => {
    expect(await Kind.json({ one: [1] }).json()).toEqual({ one: [1] });
    expect(Kind.json(1).headers.get('content-type')).toBe('application/json');
    await expect(new Kind('{').json()).rejects.toThrow(SyntaxError);
  });

  it('keeps a content type that it was given', () => {
    const init = { headers: { 'content-type': 'text/event-stream' } };
    expect(new Kind('x', init).headers.get('content-type')).toBe('text/event-stream');
    expect(Kind.json({}, init).headers.get('content-type')).toBe('text/event-stream');
  });

  it('gives its body once, by whatever way', async () => {
    const read = new Kind('once');
    await read.text();
    await expect(read.json()).rejects.toThrow(TypeError);
    await expect(read.arrayBuffer()).rejects.toThrow(TypeError);
    const streamed = new Kind('once');
    await streamed.body?.getReader().read();
    await expect(streamed.text()).rejects.toThrow(TypeError);
  });

  it('gives its body as a stream, as bytes, as a blob, and to a copy of it', async () => {
    const copied = new Kind('whole', { headers: { 'x-kept': 'yes' } });
    const copy = copied.clone();
    expect(await copied.text()).toBe('whole');
    expect(await copy.text()).toBe('whole');
    expect(copy.headers.get('x-kept')).toBe('yes');
    expect(Buffer.from(await new Kind('whole').arrayBuffer()).toString()).toBe('whole');
    expect(await (await new Kind('whole').blob()).text()).toBe('whole');
    const { body } = new Kind('whole');
    expect(body).toBeInstanceOf(ReadableStream);
    expect(await new Response(body).text()).toBe('whole');
  });

  it('takes bytes, a stream and nothing for a body', async () => {
    expect(await new Kind(new TextEncoder().encode('bytes')).text()).toBe('bytes');
    expect(await new Kind(new Blob(['blob']).stream()).text()).toBe('blob');
    expect(new Kind(null).body).toBeNull();
    expect(await new Kind().text()).toBe('');
  });

  it('refuses what cannot be', () => {
    expect(() => new Kind('', { status: 99 })).toThrow(RangeError);
    expect(() => new Kind('', { status: 204 })).toThrow(TypeError);
    expect(() => Kind.json(undefined)).toThrow(TypeError);
  });

  it('is a response to everybody who asks', () => {
    expect(new Kind('')).toBeInstanceOf(Response);
    expect(new Kind('') instanceof Light).toBe(true);
    expect(new Kind('').type).toBe('default');
  });
});

const init = { method: 'POST', headers: { 'X-Kept': 'yes' }, body: '{"one":1}' };

function light(): Request {
  const signal = (): AbortSignal => new AbortController().signal;
  return new LightRequest({ url: 'http://h/p?q=1', ...init, signal }) as unknown as Request;
}

describe.each([
  { of: 'the platform', make: () => new Request('http://h/p?q=1', init) },
  { of: 'the simulation', make: light },
])('a request of $of', ({ make }) => {
  it('has the method, the URL and the headers that it was given', () => {
    const request = make();
    expect([request.method, request.url]).toEqual(['POST', 'http://h/p?q=1']);
    expect([...request.headers]).toEqual([
      ['content-type', 'text/plain;charset=UTF-8'],
      ['x-kept', 'yes'],
    ]);
    expect([request.mode, request.redirect, request.keepalive]).toEqual(['cors', 'follow', false]);
    expect(request.signal.aborted).toBe(false);
  });

  it('gives its body once', async () => {
    expect(await make().json()).toEqual({ one: 1 });
    const request = make();
    expect(request.bodyUsed).toBe(false);
    expect(await request.text()).toBe('{"one":1}');
    expect(request.bodyUsed).toBe(true);
    await expect(request.text()).rejects.toThrow(TypeError);
    await expect(request.blob()).rejects.toThrow(TypeError);
  });

  it('can be copied and sent on', async () => {
    const request = make();
    expect(await request.clone().text()).toBe('{"one":1}');
    const sentOn = new TakingLightRequests(request, { headers: { 'x-new': '1' } });
    expect(await sentOn.text()).toBe('{"one":1}');
    expect([sentOn.method, sentOn.url]).toEqual(['POST', 'http://h/p?q=1']);
    expect(sentOn instanceof Request).toBe(true);
  });

  it('is a request to everybody who asks', () => {
    expect(make()).toBeInstanceOf(Request);
    expect(make() instanceof TakingLightRequests).toBe(true);
  });
});
