import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import type { Ending } from '../../part/journal.ts';
import type { Collections } from './collections.ts';
import type { Outage } from './qdrant-faults.ts';
import { formatError, Refusal } from './refusal.ts';
import { knownRequests, serverPages, type Route } from './routes.ts';

/** A request whose body has come. */
export interface ReadRequest {
  readonly method: string;
  readonly url: URL;
  readonly bodyText: string;
}

/** What goes on the wire, but for the time, and into the journal. */
export interface Answer {
  readonly ending: Ending;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | string;
}

/** Does what a request asks for. `found` is undefined when Qdrant does not know it. */
export function answerCall(
  collections: Collections,
  found: { readonly route: Route; readonly name: string } | undefined,
  { method, url, bodyText }: ReadRequest,
): Answer {
  const page = method === 'GET' ? serverPages[url.pathname] : undefined;
  if (page !== undefined) return typeof page === 'object' ? ok(page as JsonObject) : ok(String(page));
  if (!found) return unexpected(`${method} ${url.pathname}`);
  const { route, name } = found;
  try {
    const body = route.hasBody ? parsed(bodyText) : undefined;
    const wait = url.searchParams.get('wait') === 'true';
    return ok(envelope(route.answer({ collections, name, body, wait })));
  } catch (cause) {
    if (cause instanceof Refusal) return refused(cause);
    throw cause;
  }
}

function parsed(bodyText: string): unknown {
  try {
    return JSON.parse(bodyText);
  } catch {
    throw formatError(bodyText === '' ? 'EOF while parsing a value at line 1 column 0' : 'this is no JSON');
  }
}

function envelope(result: JsonValue): JsonObject {
  return { result, status: 'ok' };
}

function ok(body: JsonObject | string): Answer {
  return { ending: { status: 200, outcome: 'ok' }, headers: {}, body };
}

function refused({ status, message, expected }: Refusal): Answer {
  return {
    ending: { status, outcome: expected ? 'unexpected' : 'rejected' },
    headers: {},
    body: { status: { error: message }, ...(expected ? { expected } : {}) },
  };
}

function unexpected(asked: string): Answer {
  const error = `Failed to answer ${asked}: this Qdrant does not know it. Please use one of the requests in "expected".`;
  return refused(new Refusal(404, error, knownRequests));
}

/** Answers as a store that has broken down does, and counts it. */
export function unavailable({ counter, status, retryAfterSeconds }: Outage): Answer {
  counter.seen += 1;
  counter.altered += 1;
  return {
    ending: {
      status,
      outcome: status === 503 ? 'unavailable' : 'failed',
      retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
      fault: counter.id,
    },
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: { status: { error: 'Service internal error: the service is temporarily unavailable' } },
  };
}
