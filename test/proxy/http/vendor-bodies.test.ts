import { describe, expect, it } from 'vitest';
import { capabilities } from '../../../harness/proxy/capabilities.ts';
import { readAttributes } from '../../../harness/proxy/attributes.ts';
import { httpStatus } from '../../../harness/proxy/http/kinds/http-status.ts';
import { vendors } from '../../../harness/proxy/http/vendor-errors.ts';

/** 2026-11-01T12:00:00.500Z: times are said in whole seconds, rounded up. */
const nowMs = Date.UTC(2026, 10, 1, 12, 0, 0, 500);
const uuid = '0a1b2c3d-0000-4000-8000-67616d656461';

/** What is on the wire: the body, and all fields of the head but the length and the usual type. */
function said(settings: Readonly<Record<string, unknown>>): { body: unknown; headers: Record<string, string> } {
  const fault = httpStatus.faultFor(readAttributes(httpStatus, settings), { nowMs } as never);
  if (fault.kind !== 'answer') throw new Error('no answer');
  const { 'content-type': type, ...headers } = Object.fromEntries(fault.headers);
  const text = fault.body.toString();
  if (type === 'application/json') return { body: JSON.parse(text), headers };
  return { body: text, headers: { 'content-type': type ?? '', ...headers } };
}

const rpm =
  'Rate limit reached for gpt-4o in organization org-gameday on requests per min (RPM): Limit 60, Used 60, Requested 1.';
const tpm =
  'Rate limit reached for gpt-4o in organization org-gameday on tokens per min (TPM): Limit 30000, Used 30000, Requested 500.';
const openaiId = { 'x-request-id': 'req_gameday' };
const limits = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-limit-tokens': '30000' };

describe('a limit of OpenAI', () => {
  it.each([
    ['', 'requests', rpm, ['0', '29500'], ['1m30s', '1s']],
    ['tokens', 'tokens', tpm, ['59', '0'], ['1s', '1m30s']],
  ])('with code %j is one of %s, and says so in its text and its head', (code, type, message, remaining, reset) => {
    expect(said({ status: 429, vendor: 'openai', code, retry_after: '90' })).toEqual({
      body: {
        error: { message: `${message} Please try again in 1m30s.`, type, param: null, code: 'rate_limit_exceeded' },
      },
      headers: {
        ...{ ...openaiId, ...limits, 'retry-after': '90' },
        ...{ 'x-ratelimit-remaining-requests': remaining[0], 'x-ratelimit-remaining-tokens': remaining[1] },
        ...{ 'x-ratelimit-reset-requests': reset[0], 'x-ratelimit-reset-tokens': reset[1] },
      },
    });
  });

  it('of how fast one ramps up leaves something of both others', () => {
    const { body, headers } = said({ status: 429, vendor: 'openai', code: 'slow_down' });
    expect(body).toMatchObject({ error: { type: 'rate_limit_error', code: 'slow_down' } });
    expect(headers).toEqual({
      ...{ ...openaiId, ...limits },
      ...{ 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-remaining-tokens': '29500' },
      ...{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '1s' },
    });
  });

  it.each([
    [429, 'organization_spend_limit_exceeded', 'billing'],
    [400, 'organization_spend_limit_exceeded', 'billing'],
    [429, 'credit_balance_exhausted', 'billing'],
    [429, 'insufficient_quota', 'insufficient_quota'],
  ])('of money (%i %s) has the type %s, and nothing about when to come again', (status, code, type) => {
    const { body, headers } = said({ status, vendor: 'openai', code });
    expect(body).toMatchObject({ error: { type, code, param: null } });
    expect(headers).toEqual(openaiId);
  });

  it.each([
    ['', 'token'],
    ['tokens', 'token'],
    ['calls', 'call'],
  ])('is said by Azure without a type: with code %j', (code, what) => {
    const message = `Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded ${what} rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.`;
    expect(said({ status: 429, vendor: 'azure-openai', code, retry_after: '6' })).toEqual({
      body: { error: { code: '429', message } },
      headers: { 'retry-after': '6' },
    });
  });

  it('of another kind, and any other error, is the same at Azure', () => {
    for (const which of [{ status: 500 }, { status: 429, code: 'insufficient_quota' }])
      expect(said({ ...which, vendor: 'azure-openai' })).toEqual(said({ ...which, vendor: 'openai' }));
  });
});

describe('a limit of Anthropic', () => {
  const id = { 'request-id': 'req_gameday' };

  it('has its four limits in the head, each with a time in RFC 3339', () => {
    const { headers } = said({ status: 429, vendor: 'anthropic', retry_after: 'date+30' });
    const reset = '2026-11-01T12:00:31Z';
    const limit = (what: string, most: string, remaining: string): object => ({
      [`anthropic-ratelimit-${what}-limit`]: most,
      [`anthropic-ratelimit-${what}-remaining`]: remaining,
      [`anthropic-ratelimit-${what}-reset`]: reset,
    });
    expect(headers).toEqual({
      ...{ ...id, 'retry-after': 'Sun, 01 Nov 2026 12:00:30 GMT' },
      ...{ ...limit('requests', '50', '0'), ...limit('tokens', '38000', '37000') },
      ...{ ...limit('input-tokens', '30000', '29000'), ...limit('output-tokens', '8000', '8000') },
    });
  });

  it.each([{ status: 529 }, { status: 429, code: 'enforced_spend_limit_reached' }, { status: 400 }])(
    'is the only error that has them: not %j',
    (which) => {
      expect(said({ ...which, vendor: 'anthropic' }).headers).toEqual(id);
    },
  );
});

/** Settings, the body, and the head. */
type Row = readonly [settings: Record<string, unknown>, body: unknown, headers: Record<string, string>];
const graphIds = { date: '2026-11-01T12:00:00', 'request-id': uuid, 'client-request-id': uuid };
const githubDocs = 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api';
const floodStage = (by: string): string =>
  `index [chunks] blocked by: [${by}/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];`;
const opensearch = (status: number, type: string, reason: string): unknown => ({
  error: { root_cause: [{ type, reason }], type, reason },
  status,
});
const hubspot = (policyName: string, message: string): unknown => ({
  ...{ status: 'error', message, errorType: 'RATE_LIMIT', correlationId: uuid, policyName, requestId: uuid },
});
const jiraHead = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-nearlimit': 'true' };
const s3 = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>req_gameday</RequestId><HostId>gameday</HostId></Error>`;
const s3Head = { 'content-type': 'application/xml', 'x-amz-request-id': 'req_gameday' };

const sources: readonly Row[] = [
  [
    { vendor: 'salesforce', status: 403 },
    [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
    {},
  ],
  [
    { vendor: 'salesforce', status: 403, code: 'ConcurrentPerOrgLongTxn' },
    [{ message: 'ConcurrentPerOrgLongTxn Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
    {},
  ],
  [
    { vendor: 'salesforce', status: 401, code: 'INVALID_SESSION_ID' },
    [{ message: 'Unauthorized', errorCode: 'INVALID_SESSION_ID' }],
    {},
  ],
  [
    { vendor: 'hubspot', status: 429 },
    hubspot('DAILY', 'You have reached your daily limit.'),
    {
      ...{ 'x-hubspot-ratelimit-daily': '250000', 'x-hubspot-ratelimit-daily-remaining': '0' },
      ...{ 'x-hubspot-ratelimit-secondly': '10', 'x-hubspot-ratelimit-secondly-remaining': '9' },
    },
  ],
  [
    { vendor: 'hubspot', status: 429, code: 'TEN_SECONDLY_ROLLING' },
    hubspot('TEN_SECONDLY_ROLLING', 'You have reached your ten_secondly_rolling limit.'),
    {
      ...{ 'x-hubspot-ratelimit-daily': '250000', 'x-hubspot-ratelimit-daily-remaining': '249000' },
      ...{ 'x-hubspot-ratelimit-secondly': '10', 'x-hubspot-ratelimit-secondly-remaining': '0' },
    },
  ],
  [
    { vendor: 'jira', status: 429, retry_after: '30' },
    { errorMessages: ['The request has been rate-limited. Please try again later.'], errors: {} },
    {
      ...{ ...jiraHead, 'retry-after': '30', 'x-ratelimit-reset': '2026-11-01T12:00:31Z' },
      'ratelimit-reason': 'jira-burst-based',
    },
  ],
  [
    { vendor: 'jira', status: 429, code: 'jira-per-issue-on-write' },
    { errorMessages: ['The request has been rate-limited. Please try again later.'], errors: {} },
    {
      ...{ ...jiraHead, 'retry-after': '1', 'x-ratelimit-reset': '2026-11-01T12:00:02Z' },
      'ratelimit-reason': 'jira-per-issue-on-write',
    },
  ],
  [{ vendor: 'jira', status: 503 }, { errorMessages: ['Service Unavailable'], errors: {} }, { 'retry-after': '1' }],
  [
    { vendor: 'notion', status: 429, code: 'workspace' },
    {
      ...{ object: 'error', status: 429, code: 'rate_limited' },
      message: 'You have been rate limited. Please try again in a few minutes.',
      ...{ additional_data: { rate_limit_reason: 'workspace' }, request_id: uuid },
    },
    { 'retry-after': '1' },
  ],
  [
    { vendor: 'notion', status: 529 },
    {
      ...{ object: 'error', status: 529, code: 'service_overload' },
      ...{ message: 'The service is overloaded. Please try again later.', request_id: uuid },
    },
    { 'retry-after': '1' },
  ],
  [
    { vendor: 'microsoft-graph', status: 429, retry_after: '315' },
    {
      error: {
        ...{ code: 'activityLimitReached', message: 'The request has been throttled' },
        innerError: { code: 'throttledRequest', innerError: { code: 'quota' }, ...graphIds },
      },
    },
    { 'retry-after': '315', 'ratelimit-limit': '1200', 'ratelimit-remaining': '0', 'ratelimit-reset': '315' },
  ],
  [
    { vendor: 'microsoft-graph', status: 503 },
    { error: { code: 'serviceNotAvailable', message: 'Service Unavailable', innerError: graphIds } },
    { 'retry-after': '1' },
  ],
  [
    { vendor: 'zendesk', status: 429, retry_after: '7' },
    { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' },
    {
      ...{ 'retry-after': '7', 'x-rate-limit': '700', 'x-rate-limit-remaining': '0' },
      ...{ 'ratelimit-limit': '700', 'ratelimit-remaining': '0', 'ratelimit-reset': '7' },
    },
  ],
  [{ vendor: 's3', status: 503 }, s3('SlowDown', 'Please reduce your request rate.'), s3Head],
  [{ vendor: 's3', status: 404 }, s3('NoSuchKey', 'The specified key does not exist.'), s3Head],
  [{ vendor: 's3', status: 400, code: '<a&b>' }, s3('&lt;a&amp;b&gt;', 'Bad Request'), s3Head],
  ...([403, 429] as const).map((status): Row => [
    { vendor: 'github', status, retry_after: 'none' },
    {
      message: 'API rate limit exceeded for user ID 1.',
      ...{ documentation_url: githubDocs, status: String(status) },
    },
    {
      ...{ 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-used': '5000' },
      ...{ 'x-ratelimit-reset': String(Date.UTC(2026, 10, 1, 12, 0, 2) / 1000), 'x-ratelimit-resource': 'core' },
    },
  ]),
  [
    { vendor: 'github', status: 403, code: 'secondary' },
    {
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      ...{ documentation_url: `${githubDocs}#about-secondary-rate-limits`, status: '403' },
    },
    {},
  ],
];

const others: readonly Row[] = [
  [
    { vendor: 'weaviate', status: 500 },
    {
      error: [
        { message: 'put object: import into index chunks: put local object: shard="gameday": store is read-only' },
      ],
    },
    {},
  ],
  [{ vendor: 'weaviate', status: 422 }, { error: [{ message: 'Unprocessable Entity' }] }, {}],
  [{ vendor: 'milvus', status: 200 }, { code: 9, message: 'quota exceeded[reason=rate type: DMLInsert]' }, {}],
  [
    { vendor: 'milvus', status: 200, code: '48' },
    { code: 48, message: 'force to deny /milvus.proto.milvus.MilvusService/Insert.' },
    {},
  ],
  [{ vendor: 'milvus', status: 200, code: 'what it says' }, { code: 65_535, message: 'what it says' }, {}],
  [
    { vendor: 'opensearch', status: 429 },
    opensearch(429, 'cluster_block_exception', floodStage('TOO_MANY_REQUESTS')),
    {},
  ],
  [{ vendor: 'opensearch', status: 403 }, opensearch(403, 'cluster_block_exception', floodStage('FORBIDDEN')), {}],
  [{ vendor: 'opensearch', status: 400 }, opensearch(400, 'mapper_parsing_exception', 'failed to parse'), {}],
  [
    { vendor: 'opensearch', status: 429, code: 'es_rejected_execution_exception' },
    opensearch(429, 'es_rejected_execution_exception', 'rejected execution of coordinating operation'),
    {},
  ],
  [{ vendor: 'edge', status: 429, code: 'come back later' }, { status: 'come back later' }, {}],
  [
    { vendor: 'edge', status: 503, code: 'cf_service_unavailable' },
    { error: { code: 503, message: 'Service unavailable.', param: null, type: 'cf_service_unavailable' } },
    {},
  ],
];

describe('the words of a source, a store or an edge', () => {
  it.each([...sources, ...others])('for %j', (settings, body, headers) => {
    expect(said(settings)).toEqual({ body, headers });
  });

  it('can be any where a code is not known', () => {
    for (const vendor of vendors)
      if (vendor !== 'vllm' && vendor !== 'edge') {
        const { body, headers } = said({ vendor, status: 418, code: 'its own word' });
        expect(JSON.stringify([body, headers]), vendor).toContain('its own word');
      }
  });
});

describe('a vendor', () => {
  it('is one of those that the capabilities list', () => {
    const listed = JSON.stringify(capabilities().types.find(({ type }) => type === 'http_status')?.attributes);
    for (const vendor of vendors) expect(listed).toContain(`"${vendor}"`);
  });

  it('that is not known is answered with those that are', () => {
    expect(() => said({ vendor: 'salesforse' })).toThrow(/"salesforce", .*, not "salesforse"/);
  });
});
