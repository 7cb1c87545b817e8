import type { JsonObject } from '../../../harness/kit/json.ts';
import type { Change } from './change-feed.ts';
import { encodeCursor } from './cursor.ts';
import type { ExportPage } from './export-page.ts';
import type { TicketText } from './ticket-text.ts';

const requesterId = 20978392;
const agentId = 35436;

/** A ticket and all its changes so far, oldest first; never empty. */
export interface TicketHistory {
  readonly text: TicketText;
  readonly changes: readonly Change[];
}

/**
 * A ticket as the incremental export lists it. `comment_count` is its version: each version adds one comment. (With Zendesk it is a
 * side-load, `include=comment_count`; this fake always has it.) Times have whole seconds, as Zendesk's do: use the cursor, not the times.
 */
export function ticketJson({ text, changes }: TicketHistory, origin: string): JsonObject {
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) throw new RangeError('A ticket has at least one change.');
  return {
    url: `${origin}/api/v2/tickets/${last.ticketId}.json`,
    id: last.ticketId,
    external_id: null,
    via: { channel: 'web' },
    created_at: isoSeconds(first.atMs),
    updated_at: isoSeconds(last.atMs),
    generated_timestamp: Math.floor(last.atMs / 1000),
    type: 'question',
    subject: text.subject,
    raw_subject: text.subject,
    description: text.comment(1),
    priority: 'normal',
    status: last.version === 1 ? 'new' : 'open',
    requester_id: requesterId,
    submitter_id: requesterId,
    assignee_id: agentId,
    tags: [],
    custom_fields: [],
    is_public: true,
    comment_count: last.version,
  };
}

/** A page of `GET /api/v2/incremental/tickets/cursor`. Unlike Zendesk's, the cursor after an empty page is not null: it can be kept. */
export function exportJson(page: ExportPage, tickets: readonly JsonObject[], url: URL): JsonObject {
  const link = (cursor: string): string =>
    `${url.origin}/api/v2/incremental/tickets/cursor.json?cursor=${encodeURIComponent(cursor)}`;
  const [before, after] = [encodeCursor(page.before), encodeCursor(page.after)];
  return {
    tickets,
    after_cursor: after,
    after_url: link(after),
    before_cursor: before,
    before_url: link(before),
    end_of_stream: page.endOfStream,
  };
}

/** The comments of a ticket, oldest first, as `GET /api/v2/tickets/{id}/comments` lists them, all on one page. */
export function commentsJson({ text, changes }: TicketHistory): JsonObject {
  const comments = changes.map((change) => commentJson(change, text.comment(change.version)));
  return { comments, next_page: null, previous_page: null, count: comments.length };
}

function commentJson(change: Change, body: string): JsonObject {
  return {
    id: change.ticketId * 1000 + change.version,
    type: 'Comment',
    author_id: change.version === 1 ? requesterId : agentId,
    body,
    html_body: `<div class="zd-comment" dir="auto"><p dir="auto">${body}</p></div>`,
    plain_body: body,
    public: true,
    attachments: [],
    audit_id: change.ticketId * 1000 + change.version + 500,
    via: { channel: 'web' },
    created_at: isoSeconds(change.atMs),
    metadata: { system: {}, custom: {} },
  };
}

function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
