/** Whose errors an answer looks like. */
export const vendors = ['openai', 'anthropic', 'bedrock', 'vllm', 'tei', 'qdrant', 'edge'] as const;
export type Vendor = (typeof vendors)[number];

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

const openaiWords: Readonly<Record<string, Words>> = {
  rate_limit_exceeded: {
    ...{ type: 'requests', code: 'rate_limit_exceeded' },
    message: 'Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
  },
  slow_down: {
    ...{ type: 'rate_limit_error', code: 'slow_down' },
    message: 'You are ramping up too fast. Please reduce your request rate and raise it again step by step.',
  },
  insufficient_quota: {
    ...{ type: 'insufficient_quota', code: 'insufficient_quota' },
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  server_is_overloaded: {
    ...{ type: 'service_unavailable_error', code: 'server_is_overloaded' },
    message: 'The server is currently overloaded. Please try again later.',
  },
  server_error: {
    ...{ type: 'server_error', code: null },
    message: 'The server had an error while processing your request. Sorry about that!',
  },
  invalid_request_error: {
    ...{ type: 'invalid_request_error', code: null },
    message: 'The request could not be understood.',
  },
};
const openaiCodeOf = (status: number): string => {
  if (status === 429) return 'rate_limit_exceeded';
  if (status === 503) return 'server_is_overloaded';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
};

const anthropicMessages: Readonly<Record<string, string>> = {
  overloaded_error: 'Overloaded',
  rate_limit_error: "This request would exceed your organization's rate limit.",
  api_error: 'Internal server error',
  invalid_request_error: 'The request could not be understood.',
  authentication_error: 'invalid x-api-key',
  permission_error: 'Your API key does not have permission to use the specified resource.',
  not_found_error: 'The requested resource could not be found.',
  request_too_large: 'Request exceeds the maximum allowed number of bytes.',
};
const anthropicTypes: Readonly<Record<number, string>> = {
  ...{ 401: 'authentication_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large' },
  ...{ 429: 'rate_limit_error', 529: 'overloaded_error' },
};

/** The exceptions of Bedrock's runtime by status; the service model of `@aws-sdk/client-bedrock-runtime` has them. */
const bedrockTypes: Readonly<Record<number, string>> = {
  ...{ 400: 'ValidationException', 403: 'AccessDeniedException', 404: 'ResourceNotFoundException' },
  ...{ 408: 'ModelTimeoutException', 424: 'ModelErrorException', 429: 'ThrottlingException' },
  ...{ 500: 'InternalServerException', 503: 'ServiceUnavailableException' },
};

/**
 * The error of a vendor. `code` picks one of several with the same status - `insufficient_quota`, `overloaded_error`, `ThrottlingException` -, and
 * is taken as it is where it is not known; default the one that the status usually has.
 */
export function vendorError(vendor: Vendor, status: number, code: string): VendorError {
  switch (vendor) {
    case 'openai':
      return json({ error: { ...openaiError(status, code), param: null } }, { 'x-request-id': 'req_gameday' });
    case 'anthropic':
      return json(anthropicError(status, code), { 'request-id': 'req_gameday' });
    case 'bedrock': {
      const type = code === '' ? (bedrockTypes[status] ?? 'InternalServerException') : code;
      return json({ message: bedrockMessage(type) }, { 'x-amzn-errortype': type, 'x-amzn-requestid': 'gameday' });
    }
    case 'vllm':
      return json({ error: vllmError(status) });
    case 'tei':
      return json({ error: 'Model is overloaded', error_type: code === '' ? 'overloaded' : code });
    case 'qdrant':
      return json({ status: { error: code === '' ? 'Service internal error' : code }, time: 0 });
    case 'edge': {
      const body = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>\n`;
      return { contentType: 'text/html', headers: {}, body };
    }
  }
}

/** The data of an error event in the middle of a stream that began with status 200. */
export function openaiError(status: number, code: string): Words {
  const known = openaiWords[code === '' ? openaiCodeOf(status) : code];
  return known ?? { type: code, code, message: `The request failed (${code}).` };
}

export function anthropicError(
  status: number,
  code: string,
): { type: 'error'; error: { type: string; message: string } } {
  const type = code === '' ? (anthropicTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')) : code;
  return { type: 'error', error: { type, message: anthropicMessages[type] ?? type } };
}

export function vllmError(status: number): { message: string; type: string; param: null; code: number } {
  const message = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';
  return { message, type: 'InternalServerError', param: null, code: status };
}

export function bedrockMessage(type: string): string {
  return /throttl/i.test(type)
    ? 'Too many requests, please wait before trying again.'
    : 'The request could not be completed.';
}

function json(body: unknown, headers: Readonly<Record<string, string>> = {}): VendorError {
  return { contentType: 'application/json', headers, body: JSON.stringify(body) };
}
