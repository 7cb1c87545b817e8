import { json, requestId, retryAfter, type AskedError, type VendorError } from './vendor-error.ts';

interface Words {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const model = 'gpt-4o in organization org-gameday';
/** By what a user calls them: the code, but for the limit of tokens, which has the code of the limit of requests. */
const openaiWords: ReadonlyMap<string, Words> = new Map(
  Object.entries<Words>({
    rate_limit_exceeded: {
      ...{ type: 'requests', code: 'rate_limit_exceeded' },
      message: `Rate limit reached for ${model} on requests per min (RPM): Limit 60, Used 60, Requested 1.`,
    },
    tokens: {
      ...{ type: 'tokens', code: 'rate_limit_exceeded' },
      message: `Rate limit reached for ${model} on tokens per min (TPM): Limit 30000, Used 30000, Requested 500.`,
    },
    slow_down: {
      ...{ type: 'rate_limit_error', code: 'slow_down' },
      message: 'You are ramping up too fast. Please reduce your request rate and raise it again step by step.',
    },
    insufficient_quota: {
      ...{ type: 'insufficient_quota', code: 'insufficient_quota' },
      message: 'You exceeded your current quota, please check your plan and billing details.',
    },
    credit_balance_exhausted: {
      ...{ type: 'billing', code: 'credit_balance_exhausted' },
      message: 'Your credit balance is exhausted, please check your plan and billing details.',
    },
    organization_spend_limit_exceeded: {
      ...{ type: 'billing', code: 'organization_spend_limit_exceeded' },
      message: 'Your organization has reached its spend limit, please check your plan and billing details.',
    },
    server_is_overloaded: {
      ...{ type: 'service_unavailable_error', code: 'server_is_overloaded' },
      message: 'The server is currently overloaded. Please try again later.',
    },
    server_error: {
      ...{ type: 'server_error', code: null },
      message: 'The server had an error while processing your request. Sorry about that!',
    },
    invalid_api_key: {
      ...{ type: 'invalid_request_error', code: 'invalid_api_key' },
      message: 'Incorrect API key provided.',
    },
    model_not_found: {
      ...{ type: 'invalid_request_error', code: 'model_not_found' },
      message: 'The model does not exist or you do not have access to it.',
    },
    invalid_request_error: {
      ...{ type: 'invalid_request_error', code: null },
      message: 'The request could not be understood.',
    },
  }),
);
const openaiCodes: Readonly<Record<number, string>> = {
  ...{ 401: 'invalid_api_key', 404: 'model_not_found', 429: 'rate_limit_exceeded', 503: 'server_is_overloaded' },
};

/** The data of an error event in the middle of a stream that began with status 200. */
export function openaiError(status: number, code: string): Words {
  const usual = openaiCodes[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  const known = openaiWords.get(code === '' ? usual : code);
  return known ?? { type: code, code, message: `The request failed (${code}).` };
}

export function openai({ status, code, waitSeconds }: AskedError): VendorError {
  const error = openaiError(status, code);
  const headers = { 'x-request-id': requestId };
  // Who ramps up too fast is within both limits.
  if (error.code === 'slow_down')
    return json({ error: { ...error, param: null } }, { ...headers, ...limitsOf(error.type, waitSeconds) });
  if (error.code !== 'rate_limit_exceeded') return json({ error: { ...error, param: null } }, headers);
  const message = `${error.message} Please try again in ${goDuration(waitSeconds)}.`;
  return json(
    { error: { ...error, message, param: null } },
    { ...headers, ...limitsOf(error.type, waitSeconds), ...retryAfter(waitSeconds) },
  );
}

/** What limits of 60 requests and 30,000 tokens a minute say, of which one may be used up. */
function limitsOf(usedUp: string, waitSeconds: number): Readonly<Record<string, string>> {
  const [requests, tokens] = [usedUp === 'requests', usedUp === 'tokens'];
  return {
    ...{ 'x-ratelimit-limit-requests': '60', 'x-ratelimit-limit-tokens': '30000' },
    'x-ratelimit-remaining-requests': requests ? '0' : '59',
    'x-ratelimit-remaining-tokens': tokens ? '0' : '29500',
    'x-ratelimit-reset-requests': goDuration(requests ? waitSeconds : 1),
    'x-ratelimit-reset-tokens': goDuration(tokens ? waitSeconds : 1),
  };
}

/** As Go writes a duration, and OpenAI with it: `1s`, `1m30s`, `1h0m0s`. */
function goDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const withMinutes = seconds < 60 ? '' : `${hours === 0 ? '' : `${hours}h`}${minutes}m`;
  return `${withMinutes}${seconds % 60}s`;
}

/**
 * Azure's gateway says of its own limits only the status and a sentence, as in github.com/jasonacox/TinyLLM/issues/17; what is behind it speaks as OpenAI.
 * `code` `calls` is the limit of calls in the place of that of tokens.
 */
export function azureOpenai(asked: AskedError): VendorError {
  const { status, code, waitSeconds } = asked;
  if (status !== 429 || !['', 'tokens', 'calls'].includes(code)) return openai(asked);
  const what = code === 'calls' ? 'call' : 'token';
  const message =
    'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded ' +
    `${what} rate limit of your current OpenAI S0 pricing tier. Please retry after ${waitSeconds} seconds. ` +
    'Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.';
  return json({ error: { code: '429', message } }, retryAfter(waitSeconds));
}
