import { describe, expect, it } from 'vitest';
import { faulted } from './support.ts';

interface Said {
  readonly headers: Record<string, string | null>;
  readonly body: unknown;
}

/** What `http_status` says with these attributes: its body, and the fields of the head that are asked for. */
async function said(attributes: Record<string, number | string>, ...fields: string[]): Promise<Said> {
  await using service = await faulted((_incoming, response) => void response.end(), {
    type: 'http_status',
    attributes,
  });
  const response = await fetch(service.url);
  const text = await response.text();
  const body: unknown = response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text;
  return { headers: Object.fromEntries(fields.map((name) => [name, response.headers.get(name)])), body };
}

describe('the words of vendors', () => {
  it('of OpenAI: a limit has its figures and a hint', async () => {
    const fields = ['x-request-id', 'retry-after', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'];
    expect(await said({ status: 429, vendor: 'openai' }, ...fields)).toEqual({
      headers: {
        ...{ 'x-request-id': 'req_gameday', 'retry-after': '1' },
        ...{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' },
      },
      body: {
        error: {
          message: expect.stringMatching(/^Rate limit reached for .* on requests per min \(RPM\): Limit 60,/) as string,
          ...{ type: 'requests', param: null, code: 'rate_limit_exceeded' },
        },
      },
    });
  });

  it('of OpenAI: a quota that is used up has no hint', async () => {
    expect(await said({ status: 429, vendor: 'openai', code: 'insufficient_quota' }, 'retry-after')).toEqual({
      headers: { 'retry-after': null },
      body: {
        error: {
          message: expect.stringMatching(/^You exceeded your current quota/) as string,
          ...{ type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
        },
      },
    });
  });

  it('of Anthropic: the id of the request is in head and body, and a limit has a hint', async () => {
    expect(await said({ status: 529, vendor: 'anthropic' }, 'request-id', 'retry-after')).toEqual({
      headers: { 'request-id': 'req_gameday', 'retry-after': null },
      body: {
        type: 'error',
        error: { type: 'overloaded_error', message: 'Overloaded' },
        request_id: 'req_gameday',
      },
    });
    expect(await said({ status: 429, vendor: 'anthropic' }, 'retry-after')).toMatchObject({
      headers: { 'retry-after': '1' },
    });
  });

  it('of Anthropic: a limit of money has a code of its own, and no hint', async () => {
    const limit = { status: 429, vendor: 'anthropic', code: 'enforced_spend_limit_reached' };
    expect(await said(limit, 'retry-after')).toMatchObject({
      headers: { 'retry-after': null },
      body: { error: { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } } },
    });
  });

  it('of Bedrock: the exception is in the head, and has what its shape has', async () => {
    const fields = ['x-amzn-errortype', 'x-amzn-requestid'];
    expect(await said({ status: 429, vendor: 'bedrock' }, ...fields)).toEqual({
      headers: { 'x-amzn-errortype': 'ThrottlingException', 'x-amzn-requestid': 'req_gameday' },
      body: { message: 'Too many requests, please wait before trying again.' },
    });
    expect(await said({ status: 424, vendor: 'bedrock' }, 'x-amzn-errortype')).toMatchObject({
      headers: { 'x-amzn-errortype': 'ModelErrorException' },
      body: { originalStatusCode: 500, resourceName: '' },
    });
  });

  it('of an edge are HTML, or JSON with a number for a code', async () => {
    expect(await said({ status: 502, vendor: 'edge' }, 'content-type')).toEqual({
      headers: { 'content-type': 'text/html' },
      body: expect.stringContaining('<title>502 Bad Gateway</title>') as string,
    });
    expect(await said({ status: 502, vendor: 'edge', code: 'cf_bad_gateway' })).toMatchObject({
      body: { error: { code: 502, message: 'Bad gateway.', param: null, type: 'cf_bad_gateway' } },
    });
  });

  it.each([
    ['vllm', 500, { error: { type: 'InternalServerError', param: null, code: 500 } }],
    ['tei', 429, { error: 'Model is overloaded', error_type: 'Overloaded' }],
    [
      'qdrant',
      500,
      { status: { error: 'Service internal error: 1 of 1 read operations failed: Timeout expired' }, time: 0 },
    ],
  ])('of %s', async (vendor, status, body) => {
    expect(await said({ status, vendor })).toMatchObject({ body });
  });

  it('leave out their hint where none is wanted', async () => {
    expect(await said({ status: 429, vendor: 'openai', retry_after: 'none' }, 'retry-after')).toMatchObject({
      headers: { 'retry-after': null },
    });
  });

  it('have no code that could not be put into a head', async () => {
    await using service = await faulted((_incoming, response) => void response.end(), { type: 'noop' });
    for (const code of ['a\nb', 'grüße'])
      for (const type of ['http_status', 'stream_error']) {
        const toxic = { name: 'bad', type, attributes: { vendor: 'bedrock', code } };
        expect(await service.bench.call('POST', '/proxies/service/toxics', toxic)).toMatchObject({
          status: 400,
          text: expect.stringContaining('\\"code\\"') as string,
        });
      }
  });

  it('cut no half an event off before a word that says that all is well', async () => {
    await using service = await faulted((_incoming, response) => void response.end(), { type: 'noop' });
    const toxic = { name: 'bad', type: 'stream_cut', attributes: { where: 'event', how: 'done' } };
    expect(await service.bench.call('POST', '/proxies/service/toxics', toxic)).toMatchObject({ status: 400 });
  });
});
