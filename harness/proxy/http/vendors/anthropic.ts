import { json, requestId, resetTime, retryAfter, type AskedError, type VendorError } from './vendor-error.ts';

const anthropicMessages: ReadonlyMap<string, string> = new Map(
  Object.entries({
    overloaded_error: 'Overloaded',
    rate_limit_error: "This request would exceed your organization's rate limit.",
    api_error: 'Internal server error',
    invalid_request_error: 'The request could not be understood.',
    authentication_error: 'invalid x-api-key',
    billing_error: 'There is a problem with your billing or payment information.',
    conflict_error: 'The request conflicts with the current state of the resource.',
    permission_error: 'Your API key does not have permission to use the specified resource.',
    not_found_error: 'The requested resource could not be found.',
    request_too_large: 'Request exceeds the maximum allowed number of bytes.',
  }),
);
const anthropicTypes: Readonly<Record<number, string>> = {
  ...{ 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error' },
  ...{ 409: 'conflict_error', 413: 'request_too_large', 429: 'rate_limit_error', 529: 'overloaded_error' },
};

/** Anthropic says by a code of its own that a limit is one of money: waiting does not help, and there is no `retry-after`. */
const spendLimit = 'enforced_spend_limit_reached';

interface AnthropicError {
  readonly type: 'error';
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details?: { readonly error_code: string };
  };
  readonly request_id: string;
}

/** The data of an error event in the middle of a stream that began with status 200. */
export function anthropicError(status: number, code: string): AnthropicError {
  const usual = anthropicTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  const own = code === spendLimit ? 'rate_limit_error' : code;
  const type = own === '' ? usual : own;
  const words =
    code === spendLimit
      ? { message: 'You have reached your specified API usage limits.', details: { error_code: spendLimit } }
      : { message: anthropicMessages.get(type) ?? type };
  return { type: 'error', error: { type, ...words }, request_id: requestId };
}

export function anthropic(asked: AskedError): VendorError {
  const error = anthropicError(asked.status, asked.code);
  const isRate = error.error.type === 'rate_limit_error' && asked.code !== spendLimit;
  return json(error, {
    'request-id': requestId,
    ...(isRate ? { ...rateLimits(asked), ...retryAfter(asked.waitSeconds) } : {}),
  });
}

/** Limits a minute, of which the one of requests is used up. `tokens` has those of both directions. */
function rateLimits(asked: AskedError): Readonly<Record<string, string>> {
  const limits = [
    ['requests', '50', '0'],
    ['tokens', '38000', '37000'],
    ['input-tokens', '30000', '29000'],
    ['output-tokens', '8000', '8000'],
  ] as const;
  const reset = resetTime(asked);
  return Object.fromEntries(
    limits.flatMap(([what, limit, remaining]) => [
      [`anthropic-ratelimit-${what}-limit`, limit],
      [`anthropic-ratelimit-${what}-remaining`, remaining],
      [`anthropic-ratelimit-${what}-reset`, reset],
    ]),
  );
}
