import { describe, expect, it } from 'vitest';
import { vendorError, vendors, type Vendor } from '../../../harness/proxy/http/vendor-errors.ts';
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
  ['vllm', 404, '"type":"NotFoundError"'],
  ['vllm', 429, '"type":"Too Many Requests"'],
  ['vllm', 500, 'EngineCore encountered an issue'],
  ['vllm', 503, '"type":"Service Unavailable"'],
  ['tei', 413, '"error_type":"validation"'],
  ['tei', 424, '"error_type":"backend"'],
  ['tei', 429, '"error_type":"overloaded"'],
  ['tei', 503, '"error_type":"unhealthy"'],
  ['qdrant', 404, "doesn't exist!"],
  ['qdrant', 429, 'Rate limiting exceeded'],
  ['qdrant', 500, 'Timeout expired'],
  ['qdrant', 503, 'not have enough active replicas'],
  ['edge', 502, '<title>502 Bad Gateway</title>'],
];

describe('the error of a vendor', () => {
  it.each(rows)('fits the status: %s, %i', (vendor, status, tells) => {
    expect(vendorError(vendor, status, '').body).toContain(tells);
    const others = rows.filter(([other, at]) => other === vendor && at !== status);
    for (const [, other] of others) expect(vendorError(vendor, other, '').body).not.toContain(tells);
  });

  it('is there for every vendor and every status that an answer can have, as JSON or as HTML', () => {
    for (const vendor of vendors)
      for (let status = 400; status <= 599; status++) {
        const { contentType, body } = vendorError(vendor, status, '');
        if (contentType === 'application/json') expect(JSON.parse(body), `${vendor} ${status}`).toBeTypeOf('object');
        else expect(body, `${vendor} ${status}`).toContain(String(status));
      }
  });
});

describe('the text and the heads of a limit of OpenAI', () => {
  const answerWith = (settings: Readonly<Record<string, unknown>>) => {
    const attributes = readAttributes(httpStatus, { status: 429, vendor: 'openai', ...settings });
    const fault = httpStatus.faultFor(attributes, { nowMs: 0 } as never);
    if (fault.kind !== 'answer') throw new Error('no answer');
    return { text: fault.body.toString(), headers: fault.headers };
  };

  it.each([
    [{}, '1'],
    [{ retry_after: '7' }, '7'],
    [{ retry_after: 'date+30' }, '30'],
    // What is no time ahead leaves the text as it is.
    [{ retry_after: 'soon' }, '1'],
    [{ retry_after: 'date-30' }, '1'],
  ])('name the same seconds: %j', ({ ...settings }, seconds) => {
    const { text, headers } = answerWith(settings);
    expect(text).toContain(`Please try again in ${seconds}s.`);
    expect(headers.get('x-ratelimit-reset-requests')).toBe(`${seconds}s`);
  });
});
