import { messageOf } from '../kit/errors.ts';
import { ApiError } from './api-error.ts';

export function jsonResponse(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** A text as Go's `http.Error` writes it: the type is plain text, whatever the text is, and a line feed ends it. */
export function textError(status: number, text: string): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return new Response(`${text}\n`, { status, headers });
}

/** Any error as Toxiproxy answers it: `{"error":"…","status":n}` as plain text, and with our `hint`, where there is one. One that was not meant is a 500. */
export function errorResponse(cause: unknown): Response {
  const status = cause instanceof ApiError ? cause.status : 500;
  return textError(status, JSON.stringify({ error: messageOf(cause), status, ...hintOf(cause) }));
}

/** The field that Toxiproxy's errors do not have; its clients pass over it. */
export function hintOf(cause: unknown): { readonly hint?: string } {
  return cause instanceof ApiError && cause.hint !== undefined ? { hint: cause.hint } : {};
}
