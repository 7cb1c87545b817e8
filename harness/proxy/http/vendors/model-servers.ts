import { json, reasonOf, requestId, type AskedError, type VendorError } from './vendor-error.ts';

/** The exceptions of Bedrock's runtime by status; the service model of `@aws-sdk/client-bedrock-runtime` has them. */
const bedrockTypes: Readonly<Record<number, string>> = {
  ...{ 400: 'ValidationException', 403: 'AccessDeniedException', 404: 'ResourceNotFoundException' },
  ...{ 408: 'ModelTimeoutException', 424: 'ModelErrorException', 429: 'ThrottlingException' },
  ...{ 500: 'InternalServerException', 503: 'ServiceUnavailableException' },
};

/** What an exception of Bedrock carries; `type` with a capital as in a head, or without one as in a stream. */
export function bedrockError(type: string): Readonly<Record<string, string | number>> {
  const message = /throttl/i.test(type)
    ? 'Too many requests, please wait before trying again.'
    : 'The request could not be completed.';
  if (/^modelStreamError/i.test(type)) return { message, originalStatusCode: 500, originalMessage: message };
  return /^modelError/i.test(type) ? { message, originalStatusCode: 500, resourceName: '' } : { message };
}

export function bedrock({ status, code }: AskedError): VendorError {
  const type = code === '' ? (bedrockTypes[status] ?? 'InternalServerException') : code;
  return json(bedrockError(type), { 'x-amzn-errortype': type, 'x-amzn-requestid': requestId });
}

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

export function vllmError(status: number): { message: string; type: string; param: null; code: number } {
  const reason = reasonOf(status);
  return { message: vllmMessages[status] ?? reason, type: vllmTypes[status] ?? reason, param: null, code: status };
}

export function vllm({ status }: AskedError): VendorError {
  // Its middleware for keys is older than the shape of its errors.
  return json({ error: status === 401 ? 'Unauthorized' : vllmError(status) });
}

/** The errors of text-embeddings-inference: what its router says by each status. Its types begin with a capital, those of text-generation-inference do not. */
const teiErrors: Readonly<Record<number, readonly [message: string, type: string]>> = {
  400: ['`inputs` cannot be empty', 'Empty'],
  413: ['Input validation error: `inputs` must have less than 512 tokens. Given: 600', 'Validation'],
  422: ['Tokenization error', 'Tokenizer'],
  424: ['Inference failed', 'Backend'],
  429: ['Model is overloaded', 'Overloaded'],
  503: ['unhealthy', 'Unhealthy'],
};

export function tei({ status, code }: AskedError): VendorError {
  const [error, type] = teiErrors[status] ?? [reasonOf(status), 'Backend'];
  return json({ error, error_type: code === '' ? type : code });
}
