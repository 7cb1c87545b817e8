import type { CallOutcome } from '../../harness/observe/observations.ts';
import type { EngineSettings } from './engine-settings.ts';
import type { Submission } from './gpu-engine.ts';

/** The body of an error, in the shape of OpenAI: `code` is text or null. Only a dead engine speaks as vLLM does, with a number. */
export interface WireError {
  readonly status: number;
  readonly outcome: CallOutcome;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string | number | null;
    };
  };
}

function wireError(
  status: number,
  outcome: CallOutcome,
  error: { message: string; type: string; param?: string; code?: string | number },
): WireError {
  const { message, type, param = null, code = null } = error;
  return { status, outcome, body: { error: { message, type, param, code } } };
}

/** A request that no client of this API would send. */
/** Of a caller that hung up while it was still sending: nobody reads it, and the journal says what happened. */
export const callerLeft: WireError = {
  status: 499,
  outcome: 'aborted',
  body: { error: { message: 'The caller hung up.', type: 'invalid_request_error', param: null, code: null } },
};

export function malformed(problems: readonly string[]): WireError {
  const message = `The request body is not what this endpoint expects. ${problems.join(' ')}`;
  return wireError(400, 'unexpected', { message, type: 'invalid_request_error', code: 'invalid_request_body' });
}

export function unknownUrl(method: string, path: string, known: readonly string[]): WireError {
  const message = `Unknown request URL: ${method} ${path}. This model server has: ${known.join(', ')}.`;
  return wireError(404, 'unexpected', { message, type: 'invalid_request_error', code: 'unknown_url' });
}

export function contextTooLong(limit: number, tokens: number, param: string): WireError {
  const message =
    `This model's maximum context length is ${limit} tokens. However, your request needs ${tokens} tokens. ` +
    'Please reduce the length of the input or of the completion.';
  return wireError(400, 'rejected', { message, type: 'invalid_request_error', param, code: 'context_length_exceeded' });
}

/** What a refusal of the engine looks like on the wire. */
export function refusal(
  reason: Extract<Submission, { kind: 'refused' }>['reason'],
  settings: EngineSettings,
  tokens: number,
): WireError {
  switch (reason) {
    case 'too long':
      return contextTooLong(settings.maxModelTokens, tokens, 'messages');
    case 'never fits':
      return contextTooLong(settings.kvBlocks * settings.blockTokens, tokens, 'messages');
    case 'queue full':
      return failure(503);
    case 'engine dead':
      return engineDead();
  }
}

/** What vLLM says once its engine has died, word for word. */
export function engineDead(): WireError {
  const message = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';
  return wireError(500, 'failed', { message, type: 'InternalServerError', code: 500 });
}

/** A failure with a given status, as OpenAI words it. */
export function failure(status: number): WireError {
  if (status === 429) {
    const message = 'Rate limit reached on requests per min (RPM). Please try again later.';
    return wireError(status, 'throttled', { message, type: 'requests', code: 'rate_limit_exceeded' });
  }
  if (status === 503) {
    const message = 'The server is currently overloaded with other requests. Please retry after a brief wait.';
    return wireError(status, 'unavailable', {
      message,
      type: 'service_unavailable_error',
      code: 'server_is_overloaded',
    });
  }
  if (status < 500)
    return wireError(status, 'rejected', { message: 'The request was refused.', type: 'invalid_request_error' });
  const message = 'The server had an error while processing your request. Sorry about that!';
  return wireError(status, 'failed', { message, type: 'server_error' });
}
