import { STATUS_CODES } from 'node:http';
import { formatted, type TextAttribute } from './http-toxic.ts';

/** Whose errors an answer looks like. */
export const vendors = ['openai', 'anthropic', 'bedrock', 'vllm', 'tei', 'qdrant', 'edge'] as const;
export type Vendor = (typeof vendors)[number];

/** Which of a vendor's errors; it can get into the head of an answer, and into the name of an event. */
export const codeAttribute: TextAttribute = formatted('a word of ASCII, as "insufficient_quota"', /^[\x20-\x7e]*$/);

/** What says that something went wrong, with its status. */
export interface VendorError {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Words {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const openaiWords: ReadonlyMap<string, Words> = new Map(
  Object.entries<Words>({
    rate_limit_exceeded: {
      ...{ type: 'requests', code: 'rate_limit_exceeded' },
      message:
        'Rate limit reached for gpt-4o in organization org-gameday on requests per min (RPM): ' +
        'Limit 60, Used 60, Requested 1.',
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

/** The exceptions of Bedrock's runtime by status; the service model of `@aws-sdk/client-bedrock-runtime` has them. */
const bedrockTypes: Readonly<Record<number, string>> = {
  ...{ 400: 'ValidationException', 403: 'AccessDeniedException', 404: 'ResourceNotFoundException' },
  ...{ 408: 'ModelTimeoutException', 424: 'ModelErrorException', 429: 'ThrottlingException' },
  ...{ 500: 'InternalServerException', 503: 'ServiceUnavailableException' },
};

/** What vLLM calls an error of a status; of others it is the reason phrase, as its handler of HTTP exceptions has it. */
const vllmTypes: Readonly<Record<number, string>> = {
  ...{ 400: 'BadRequestError', 404: 'NotFoundError', 500: 'InternalServerError' },
};
const vllmMessages: Readonly<Record<number, string>> = {
  ...{ 400: 'The request could not be understood.', 404: 'The model `gameday` does not exist.' },
  500: 'EngineCore encountered an issue. See stack trace (above) for the root cause.',
  429: 'Too many requests are waiting. Please try again later.',
  503: 'The server has too many requests waiting to take another one. Please try again later.',
};

/** The errors of text-embeddings-inference: what its router says by each status. Its types begin with a capital, those of text-generation-inference do not. */
const teiErrors: Readonly<Record<number, readonly [message: string, type: string]>> = {
  400: ['`inputs` cannot be empty', 'Empty'],
  413: ['Input validation error: `inputs` must have less than 512 tokens. Given: 600', 'Validation'],
  422: ['Tokenization error', 'Tokenizer'],
  424: ['Inference failed', 'Backend'],
  429: ['Model is overloaded', 'Overloaded'],
  503: ['unhealthy', 'Unhealthy'],
};

/** What Qdrant says by each status, in its envelope. */
const qdrantErrors: Readonly<Record<number, string>> = {
  400: 'Wrong input: the request could not be understood',
  404: "Not found: Collection `chunks` doesn't exist!",
  408: 'Timeout error: Operation timed out after 60 seconds',
  500: 'Service internal error: 1 of 1 read operations failed: Timeout expired',
  503: 'Service internal error: The replica set for shard 0 on peer 1 does not have enough active replicas',
};

/** Anthropic says by a code of its own that a limit is one of money: waiting does not help, and there is no `retry-after`. */
const spendLimit = 'enforced_spend_limit_reached';

/**
 * The error of a vendor. `code` picks one of several with the same status - `insufficient_quota`, `overloaded_error`, `ThrottlingException` -, and
 * is taken as it is where it is not known; default the one that the status usually has. `waitSeconds` is what the text of a limit says, where it
 * says how long to wait; default 1.
 */
export function vendorError(vendor: Vendor, status: number, code: string, waitSeconds = 1): VendorError {
  switch (vendor) {
    case 'openai': {
      const error = openaiError(status, code);
      if (error.code !== 'rate_limit_exceeded')
        return json({ error: { ...error, param: null } }, { 'x-request-id': requestId });
      const message = `${error.message} Please try again in ${goDuration(waitSeconds)}.`;
      return json(
        { error: { ...error, message, param: null } },
        { 'x-request-id': requestId, ...openaiLimits(waitSeconds) },
      );
    }
    case 'anthropic': {
      const error = anthropicError(status, code);
      const retryAfter = error.error.type === 'rate_limit_error' && code !== spendLimit ? { 'retry-after': '1' } : {};
      return json(error, { 'request-id': requestId, ...retryAfter });
    }
    case 'bedrock': {
      const type = code === '' ? (bedrockTypes[status] ?? 'InternalServerException') : code;
      return json(bedrockError(type), { 'x-amzn-errortype': type, 'x-amzn-requestid': requestId });
    }
    case 'vllm':
      // Its middleware for keys is older than the shape of its errors.
      return json({ error: status === 401 ? 'Unauthorized' : vllmError(status) });
    case 'tei': {
      const [error, type] = teiErrors[status] ?? [STATUS_CODES[status] ?? `status ${status}`, 'Backend'];
      return json({ error, error_type: code === '' ? type : code });
    }
    case 'qdrant':
      return json(
        { status: { error: code === '' ? qdrantError(status, waitSeconds) : code }, time: 0 },
        status === 429 ? { 'retry-after': String(waitSeconds) } : {},
      );
    case 'edge':
      return edgeError(status, code);
  }
}

const requestId = 'req_gameday';
/** What a limit of 60 requests a minute says when it is used up. */
const openaiLimits = (waitSeconds: number): Readonly<Record<string, string>> => ({
  ...{ 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' },
  ...{ 'x-ratelimit-reset-requests': goDuration(waitSeconds), 'retry-after': String(waitSeconds) },
});

/** As Go writes a duration, and OpenAI with it: `1s`, `1m30s`, `1h0m0s`. */
function goDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const withMinutes = seconds < 60 ? '' : `${hours === 0 ? '' : `${hours}h`}${minutes}m`;
  return `${withMinutes}${seconds % 60}s`;
}

/** The data of an error event in the middle of a stream that began with status 200. */
export function openaiError(status: number, code: string): Words {
  const usual = openaiCodes[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  const known = openaiWords.get(code === '' ? usual : code);
  return known ?? { type: code, code, message: `The request failed (${code}).` };
}

interface AnthropicError {
  readonly type: 'error';
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details?: { readonly error_code: string };
  };
  readonly request_id: string;
}

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

export function vllmError(status: number): { message: string; type: string; param: null; code: number } {
  const reason = STATUS_CODES[status] ?? `status ${status}`;
  return { message: vllmMessages[status] ?? reason, type: vllmTypes[status] ?? reason, param: null, code: status };
}

function qdrantError(status: number, waitSeconds: number): string {
  if (status === 429)
    return (
      'Rate limiting exceeded: Read rate limit exceeded: ' +
      `Operation requires 1 tokens but only 0.0 were available. Retry after ${waitSeconds}s`
    );
  return (
    qdrantErrors[status] ?? (status >= 500 ? 'Service internal error' : (STATUS_CODES[status] ?? `status ${status}`))
  );
}

/** What an exception of Bedrock carries; `type` with a capital as in a head, or without one as in a stream. */
export function bedrockError(type: string): Readonly<Record<string, string | number>> {
  const message = /throttl/i.test(type)
    ? 'Too many requests, please wait before trying again.'
    : 'The request could not be completed.';
  if (/^modelStreamError/i.test(type)) return { message, originalStatusCode: 500, originalMessage: message };
  return /^modelError/i.test(type) ? { message, originalStatusCode: 500, resourceName: '' } : { message };
}

/** What stands before a service knows none of its words: it speaks HTML, or JSON with a number for a code where `code` is one of its own. */
function edgeError(status: number, code: string): VendorError {
  const reason = STATUS_CODES[status] ?? '';
  if (code !== '') {
    const sentence = `${reason.charAt(0)}${reason.slice(1).toLowerCase()}.`;
    return json({ error: { code: status, message: sentence, param: null, type: code } });
  }
  const title = `${status} ${reason}`.trim();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { contentType: 'text/html', headers: {}, body };
}

function json(body: unknown, headers: Readonly<Record<string, string>> = {}): VendorError {
  return { contentType: 'application/json', headers, body: JSON.stringify(body) };
}
