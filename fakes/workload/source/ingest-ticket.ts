import type { IncomingDocument } from '../ingest/embed-and-store.ts';
import type { CrmClient } from './crm-client.ts';
import type { Ticket } from './crm-wire.ts';
import type { RecordHead } from './dead-letters.ts';
import { GaveUp } from './source-failure.ts';

/** A ticket as it stands in the feed. Its version is its number of comments, which only grows. */
export function headOf(ticket: Ticket): RecordHead {
  return {
    id: `ticket-${ticket.id}`,
    version: ticket.comment_count,
    title: ticket.subject || `Ticket ${ticket.id}`,
  };
}

/**
 * Fetches the comments of a ticket and has them stored. Returns what was stored; its version is the number of comments that were really
 * fetched, which may be more than the feed said; fewer are an older version, and not stored for the newer. Throws `GaveUp`, or why it could not be stored.
 */
export async function ingestTicket(
  record: RecordHead,
  parts: { readonly crm: CrmClient; readonly storeRecord: (document: IncomingDocument) => Promise<void> },
): Promise<IncomingDocument> {
  const ticketId = /^ticket-(\d+)$/.exec(record.id)?.[1];
  if (ticketId === undefined) throw new GaveUp(`"${record.id}" is not the id of a ticket.`, null);
  const comments = await parts.crm.comments(Number(ticketId));
  if (comments.length < record.version)
    throw new GaveUp(`Ticket ${ticketId} came as version ${comments.length}, the feed had ${record.version}.`, null);
  const text = comments.map((comment) => comment.plain_body).join('\n');
  const document = { id: record.id, version: comments.length, title: record.title, text };
  await parts.storeRecord(document);
  return document;
}
