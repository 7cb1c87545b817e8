import { messageOf } from '../kit/errors.ts';
import { ApiError } from './api-error.ts';
import type { Turns } from './turns.ts';

export function jsonResponse(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

/** How many decisions become text in one go. */
const itemsAtOnce = 500;

/** As `jsonResponse`, of something with `decisions`, which may be so many that they are written in several goes. */
export async function decisionsResponse(rest: object, decisions: readonly unknown[], turns: Turns): Promise<Response> {
  const texts: string[] = [];
  for (let from = 0; from < decisions.length; from += itemsAtOnce) {
    texts.push(JSON.stringify(decisions.slice(from, from + itemsAtOnce)).slice(1, -1));
    await turns.pause();
  }
  const head = JSON.stringify({ ...rest, decisions: [] });
  const text = `${head.slice(0, -2)}${texts.join(',')}]}`;
  return new Response(text, { headers: { 'content-type': 'application/json' } });
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
