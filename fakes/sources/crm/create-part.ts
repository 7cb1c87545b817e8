import { createJournal } from '../../part/journal.ts';
import { createPartAdmin, withAdmin } from '../../part/part-handler.ts';
import type { CreatePart, HttpPart, SourceState } from '../../../harness/world/types.ts';
import { answerCall, type Crm } from './answer-call.ts';
import { createChangeFeed, type ChangeFeed } from './change-feed.ts';
import { createCrmFaults } from './crm-faults.ts';
import { createLimits } from './limits.ts';
import { routeOf } from './routes.ts';
import { parseCrmSettings } from './settings.ts';
import { ticketTexts } from './ticket-text.ts';

/**
 * A CRM after Zendesk's Ticketing API: a cursor-based incremental export of changed tickets, and the comments of each, in which the text is
 * (https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/,
 * https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/).
 *
 * A ticket's version is the number of its comments: `comment_count` in the export, `count` with the comments. Not as with Zendesk: changes
 * of the last minute are in the export at once, `comment_count` needs no side-load, and the limits are the scenario's.
 */
export const createPart: CreatePart = (context) => {
  const settings = parseCrmSettings(context.settings);
  const { clock, random } = context;
  const limits = createLimits(clock, settings);
  const faults = createCrmFaults(clock, limits.buckets.records);
  const feed = createChangeFeed(random.fork('feed'), settings.changesPerSecond);
  const journal = createJournal(context.name, clock);
  const crm: Crm = { clock, settings, limits, faults, feed, textOf: ticketTexts(random.fork('text')) };

  const fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const route = routeOf(request.method, url.pathname);
    const call = journal.begin({
      method: request.method,
      path: url.pathname + url.search,
      operation: route?.operation ?? null,
      ...(route ? { limit: route.limit } : {}),
      traceparent: request.headers.get('traceparent'),
    });
    const answer = await answerCall(crm, route, request);
    call.end(answer.ending);
    return Response.json(answer.body, { status: answer.ending.status ?? abandonedStatus, headers: answer.headers });
  };

  const admin = createPartAdmin({
    journal,
    faults: faults.partFaults,
    start: (originMs) => feed.start(originMs),
    state: (after) => sourceState(feed, clock.now(), after),
  });
  return withAdmin({ fetch } satisfies HttpPart, admin);
};

/** Nobody reads it: the caller has hung up. */
const abandonedStatus = 499;

function sourceState(feed: ChangeFeed, nowMs: number, after: number): SourceState {
  const changes = feed.until(nowMs);
  const items = new Map(
    changes.slice(after).map(({ ticketId, version, atMs }) => [ticketId, { id: `ticket-${ticketId}`, version, atMs }]),
  );
  return { items: [...items.values()], next: changes.length };
}
