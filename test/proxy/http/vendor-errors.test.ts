import { describe, expect, it } from 'vitest';
import { vendorError, vendors, type Vendor } from '../../../harness/proxy/http/vendor-errors.ts';
import { answerBytes } from '../../../harness/proxy/http/write-head.ts';
import { httpStatus } from '../../../harness/proxy/http/kinds/http-status.ts';
import { readAttributes } from '../../../harness/proxy/attributes.ts';

/** What the official clients and the services' own sources say of each: a text that is only in the body of that status. */
const rows: readonly (readonly [vendor: Vendor, status: number, tells: string])[] = [
  ['openai', 401, '"code":"invalid_api_key"'],
  ['openai', 404, '"code":"model_not_found"'],
  ['openai', 429, '"code":"rate_limit_exceeded"'],
  ['openai', 500, '"type":"server_error"'],
  ['openai', 503, '"code":"server_is_overloaded"'],
  ['anthropic', 401, '"type":"authentication_error"'],
  ['anthropic', 413, '"type":"request_too_large"'],
  ['anthropic', 429, '"type":"rate_limit_error"'],
  ['anthropic', 500, '"type":"api_error"'],
  ['anthropic', 529, '"type":"overloaded_error"'],
  ['bedrock', 429, 'Too many requests'],
  ['vllm', 400, '"type":"BadRequestError"'],
  ['vllm', 401, '{"error":"Unauthorized"}'],
  ['vllm', 413, '"message":"Payload Too Large","type":"Payload Too Large","param":null,"code":413'],
  ['vllm', 502, '"message":"Bad Gateway","type":"Bad Gateway"'],
  ['vllm', 404, '"type":"NotFoundError"'],
  ['vllm', 429, '"type":"Too Many Requests"'],
  ['vllm', 500, 'EngineCore encountered an issue'],
  ['vllm', 503, '"type":"Service Unavailable"'],
  ['tei', 400, '"error_type":"Empty"'],
  ['tei', 413, '"error_type":"Validation"'],
  ['tei', 422, '"error_type":"Tokenizer"'],
  ['tei', 424, '"error_type":"Backend"'],
  ['tei', 429, '{"error":"Model is overloaded","error_type":"Overloaded"}'],
  ['tei', 503, '"error_type":"Unhealthy"'],
  ['qdrant', 404, "doesn't exist!"],
  ['qdrant', 429, 'Rate limiting exceeded'],
  ['qdrant', 500, 'Timeout expired'],
  ['qdrant', 503, 'not have enough active replicas'],
  ['edge', 429, '<title>429 Too Many Requests</title>'],
  ['edge', 502, '<title>502 Bad Gateway</title>'],
];

const bodyOf = (vendor: Vendor, status: number): string =>
  vendorError(vendor, { status, code: '', waitSeconds: 1, nowMs: 0 }).body;

describe('the error of a vendor', () => {
  it.each(rows)('fits the status: %s, %i', (vendor, status, tells) => {
    expect(bodyOf(vendor, status)).toContain(tells);
    const others = rows.filter(([other, at]) => other === vendor && at !== status);
    for (const [, other] of others) expect(bodyOf(vendor, other)).not.toContain(tells);
  });

  it('is there for every vendor and every status that an answer can have, as JSON, XML or HTML', () => {
    for (const vendor of vendors)
      for (let status = 400; status <= 599; status++) {
        const { contentType, body } = vendorError(vendor, { status, code: '', waitSeconds: 1, nowMs: 0 });
        if (contentType === 'application/json') expect(JSON.parse(body), `${vendor} ${status}`).toBeTypeOf('object');
        else if (contentType === 'application/xml')
          expect(body, `${vendor} ${status}`).toMatch(/^<\?xml .*\?>\n<Error>.*<\/Error>$/);
        else expect(body, `${vendor} ${status}`).toContain(String(status));
      }
  });
});

const answerWith = (settings: Readonly<Record<string, unknown>>) => {
  const attributes = readAttributes(httpStatus, { status: 429, ...settings });
  const fault = httpStatus.faultFor(attributes, { nowMs: 0 } as never);
  if (fault.kind !== 'answer') throw new Error('no answer');
  return { text: fault.body.toString(), headers: fault.headers };
};

describe('a limit of Qdrant', () => {
  it.each([
    [{}, '1', '1'],
    [{ retry_after: '30' }, '30', '30'],
    [{ retry_after: 'none' }, '1', null],
  ])('says the same seconds in its text and its head: %j', (settings, seconds, header) => {
    const { text, headers } = answerWith({ vendor: 'qdrant', ...settings });
    expect(text).toContain(`Rate limiting exceeded: Read rate limit exceeded: Operation requires 1 tokens but only 0.0 were available. Retry after ${seconds}s"`); // prettier-ignore
    expect(headers.get('retry-after')).toBe(header);
  });

  it('is the only one of its errors that says when to come again', () => {
    for (const status of [400, 404, 500, 503])
      expect(answerWith({ vendor: 'qdrant', status }).headers.get('retry-after')).toBeNull();
  });
});

describe('the text and the heads of a limit of OpenAI', () => {
  it.each([
    [{}, '1s'],
    [{ retry_after: '0' }, '0s'],
    [{ retry_after: '7' }, '7s'],
    [{ retry_after: 'date+30' }, '30s'],
    [{ retry_after: '360' }, '6m0s'],
    [{ retry_after: '3690' }, '1h1m30s'],
    // What is no time ahead leaves the text as it is.
    [{ retry_after: 'soon' }, '1s'],
    [{ retry_after: 'date-30' }, '1s'],
  ])('name the same time, as Go writes it: %j', (settings, time) => {
    const { text, headers } = answerWith({ vendor: 'openai', ...settings });
    expect(text).toContain(`Please try again in ${time}.`);
    expect(headers.get('x-ratelimit-reset-requests')).toBe(time);
  });
});

describe('fields of an answer', () => {
  it('are all there where one is given several times, and stand in the place of those of the vendor', () => {
    const headers = 'set-cookie: a=1\nX-A: 1\nSet-Cookie: b=2; path=/\nx-a: 2\nx-request-id: mine';
    const given = answerWith({ vendor: 'openai', headers }).headers;
    expect(given.getSetCookie()).toEqual(['a=1', 'b=2; path=/']);
    expect([given.get('x-a'), given.get('x-request-id')]).toEqual(['1, 2', 'mine']);
    const { headers: sent } = answerWith({ headers });
    const wire = answerBytes({ kind: 'answer', status: 200, headers: sent, body: Buffer.alloc(0) }, { method: 'GET', closes: false, nowMs: 0 }); // prettier-ignore
    expect(wire.toString().match(/^set-cookie: .*$/gm)).toEqual(['set-cookie: a=1', 'set-cookie: b=2; path=/']);
  });
});

describe('a name that every object has', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('is a code and a field as any other: %s', (name) => {
    const message = `The request failed (${name}).`;
    expect(JSON.parse(answerWith({ vendor: 'openai', code: name }).text)).toEqual({
      error: { type: name, code: name, message, param: null },
    });
    expect(JSON.parse(answerWith({ vendor: 'anthropic', code: name }).text)).toMatchObject({
      error: { type: name, message: name },
    });
    expect(answerWith({ headers: `${name}: x` }).headers.get(name)).toBe('x');
  }); // prettier-ignore
});
