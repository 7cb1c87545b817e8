import type { Clock } from '../../../harness/kit/clock.ts';
import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import type { Ending } from '../../part/journal.ts';
import type { FaultCounter } from '../../part/part-faults.ts';
import type { Change, ChangeFeed } from './change-feed.ts';
import type { CrmFaults, Outage } from './crm-faults.ts';
import { exportPage, readExportQuery } from './export-page.ts';
import type { Limits, Refusal } from './limits.ts';
import { knownRequests, type Route } from './routes.ts';
import type { CrmSettings } from './settings.ts';
import { commentsJson, exportJson, ticketJson, type TicketHistory } from './ticket-json.ts';
import type { TicketText } from './ticket-text.ts';

/** Everything that answering takes. */
export interface Crm {
  readonly clock: Clock;
  readonly settings: CrmSettings;
  readonly limits: Limits;
  readonly faults: CrmFaults;
  readonly feed: ChangeFeed;
  /** What a ticket says. */
  readonly textOf: (ticketId: number) => TicketText;
}

/** What goes on the wire and into the journal. A status of null: the caller hung up. */
export interface Answer {
  readonly ending: Ending;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
}

/** Answers a request after the time that the work takes. `route` is undefined when the CRM does not know it. */
export async function answerCall(crm: Crm, route: Route | undefined, request: Request): Promise<Answer> {
  const outage = crm.faults.outage();
  if (outage) return unavailable(outage);
  if (!route) return unexpected(request);
  if (!/^(basic|bearer) \S+/i.test(request.headers.get('authorization') ?? '')) return unauthorized;
  const refusal = crm.limits.enter(route.limit, crm.faults);
  if (refusal) return throttled(crm, route, refusal);
  const { inFlight } = crm.limits;
  const slowness = crm.faults.slowness();
  if (slowness) countAltered(slowness.counter);
  try {
    await crm.clock.sleep(crm.settings.latencyMs + (slowness?.addMs ?? 0), request.signal);
  } catch {
    const fault = slowness?.counter.id ?? null;
    return { ending: { status: null, outcome: 'aborted', fault, figures: { inFlight } }, headers: {}, body: null };
  } finally {
    crm.limits.leave();
  }
  const answer = route.kind === 'export' ? answerExport(crm, request) : answerComments(crm, route.ticketId);
  return {
    ...answer,
    headers: crm.limits.headers(route.limit),
    ending: { ...answer.ending, fault: slowness?.counter.id ?? null, figures: { inFlight } },
  };
}

function answerExport(crm: Crm, request: Request): Answer {
  const url = new URL(request.url);
  const query = readExportQuery(url.searchParams, crm.clock.now());
  if (typeof query === 'string') return invalidPage(query);
  const changes = crm.feed.until(crm.clock.now());
  const page = exportPage(changes, query);
  if (!page) return invalidPage('cursor is not valid');
  const histories = historiesOf(crm, changes, new Set(page.changes.map(({ ticketId }) => ticketId)));
  const tickets = page.changes.flatMap(({ ticketId }) => histories.get(ticketId) ?? []);
  return ok(
    exportJson(
      page,
      tickets.map((history) => ticketJson(history, url.origin)),
      url,
    ),
  );
}

function answerComments(crm: Crm, ticketId: number): Answer {
  const changes = crm.feed.of(ticketId, crm.clock.now());
  return changes.length > 0
    ? ok(commentsJson({ text: crm.textOf(ticketId), changes }))
    : rejected(404, { error: 'RecordNotFound', description: 'Not found' });
}

function historiesOf(
  crm: Crm,
  changes: readonly Change[],
  wanted: ReadonlySet<number>,
): ReadonlyMap<number, TicketHistory> {
  const histories = new Map<number, { text: TicketHistory['text']; changes: Change[] }>();
  for (const change of changes) {
    if (!wanted.has(change.ticketId)) continue;
    const history = histories.get(change.ticketId);
    if (history) history.changes.push(change);
    else histories.set(change.ticketId, { text: crm.textOf(change.ticketId), changes: [change] });
  }
  return histories;
}

function ok(body: JsonObject): Answer {
  return { ending: { status: 200, outcome: 'ok' }, headers: {}, body };
}

function rejected(status: number, body: JsonObject): Answer {
  return { ending: { status, outcome: 'rejected' }, headers: {}, body };
}

function invalidPage(description: string): Answer {
  return rejected(400, { error: 'InvalidPaginationParameter', description });
}

function unexpected(request: Request): Answer {
  const asked = `${request.method} ${new URL(request.url).pathname}`;
  return {
    ending: { status: 404, outcome: 'unexpected' },
    headers: {},
    body: {
      error: 'InvalidEndpoint',
      description: `Failed to answer ${asked}: this CRM does not know it. Please use one of the requests in "expected".`,
      expected: knownRequests,
    },
  };
}

const unauthorized = rejected(401, { error: "Couldn't authenticate you" });

function throttled(crm: Crm, route: Route, refusal: Refusal): Answer {
  return {
    ending: {
      status: 429,
      outcome: 'throttled',
      retryAfterMs: refusal.retryAfterMs,
      fault: refusal.fault,
      figures: { inFlight: crm.limits.inFlight },
    },
    headers: { ...crm.limits.headers(route.limit), ...refusal.headers },
    body: { error: 'APIRateLimitExceeded', description: refusal.description },
  };
}

function countAltered(counter: FaultCounter): void {
  counter.seen += 1;
  counter.altered += 1;
}

function unavailable({ counter, status, retryAfterSeconds }: Outage): Answer {
  countAltered(counter);
  const hint = retryAfterSeconds === undefined ? undefined : String(retryAfterSeconds);
  return {
    ending: {
      status,
      outcome: status === 503 ? 'unavailable' : 'failed',
      retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
      fault: counter.id,
    },
    headers: hint === undefined ? {} : { 'Retry-After': hint },
    body: {
      error: 'ServiceUnavailable',
      description: 'The service is temporarily unavailable. Please try again later.',
    },
  };
}
