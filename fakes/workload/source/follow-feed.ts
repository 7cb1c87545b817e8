import type { Clock } from '../../../harness/kit/clock.ts';
import type { IncomingDocument } from '../ingest/embed-and-store.ts';
import type { CrmSettings, WorkloadSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import type { CrmClient } from './crm-client.ts';
import type { Ticket, TicketPage } from './crm-wire.ts';
import type { DeadLetters, RecordHead } from './dead-letters.ts';
import { headOf, ingestTicket } from './ingest-ticket.ts';

export interface FollowParts {
  readonly clock: Clock;
  readonly crm: CrmClient;
  readonly store: Store;
  readonly deadLetters: DeadLetters;
  /** Embeds and stores one record; returns when it is durable. */
  readonly storeRecord: (document: IncomingDocument) => Promise<void>;
  readonly settings: Pick<WorkloadSettings, 'defect'> & {
    readonly crm: Pick<CrmSettings, 'pollEveryMs' | 'parallelism'>;
  };
  /** Aborted when the workload stops. */
  readonly stopped: AbortSignal;
}

const source = 'crm';

/**
 * Follows the CRM's feed of changes until it is stopped. The cursor moves on only when every record of the page is either stored or in
 * the dead letters: after a crash the page is read again, and storing a record twice changes nothing.
 */
export async function followFeed(parts: FollowParts): Promise<void> {
  const { clock, crm, deadLetters, settings, stopped } = parts;
  const redriving = deadLetters.redrive(
    (record) => ingestOrPutAside(record, parts),
    () => crm.calm,
    stopped,
  );
  const takePage = settings.defect === 'C3' ? takePageCarelessly : takePageSafely;
  const position: Position = { cursor: null, known: false };
  while (!stopped.aborted) {
    try {
      const more = await takePage(position, parts);
      if (more) continue;
    } catch {
      // The page could not be read, or the store is not there: the same page again, a little later.
    }
    await clock.sleep(settings.crm.pollEveryMs, stopped).catch(() => undefined);
  }
  await redriving;
}

/** How far the feed has been taken in. */
interface Position {
  cursor: string | null;
  /** Whether the store has been asked for it. */
  known: boolean;
}

/** Takes in one page and then moves on. Returns whether there is more. */
async function takePageSafely(position: Position, parts: FollowParts): Promise<boolean> {
  const page = await readPage(position, parts);
  await Promise.all(newest(page.tickets).map((ticket) => ingestOrPutAside(headOf(ticket), parts)));
  await moveOn(position, page, parts);
  return !page.end_of_stream;
}

/** Defect C3: moves on first, and leaves the page where a record fails. */
async function takePageCarelessly(position: Position, parts: FollowParts): Promise<boolean> {
  const page = await readPage(position, parts);
  await moveOn(position, page, parts);
  const heads = newest(page.tickets).map(headOf);
  const { parallelism } = parts.settings.crm;
  for (let from = 0; from < heads.length; from += parallelism) {
    await Promise.all(heads.slice(from, from + parallelism).map((head) => ingestTicket(head, parts)));
  }
  return !page.end_of_stream;
}

async function readPage(position: Position, { crm, store }: FollowParts): Promise<TicketPage> {
  if (!position.known) position.cursor = await store.cursor(source);
  position.known = true;
  return crm.page(position.cursor);
}

async function moveOn(position: Position, page: TicketPage, { store }: FollowParts): Promise<void> {
  const next = page.after_cursor;
  if (next === null || next === position.cursor) return;
  await store.saveCursor(source, next);
  position.cursor = next;
}

/** A ticket that changed twice is in the page twice; fetching it once gets the newest. */
function newest(tickets: readonly Ticket[]): readonly Ticket[] {
  return [...new Map(tickets.map((ticket) => [ticket.id, ticket])).values()];
}

async function ingestOrPutAside(record: RecordHead, parts: FollowParts): Promise<void> {
  const { deadLetters, stopped } = parts;
  try {
    await deadLetters.settled(await ingestTicket(record, parts));
  } catch (cause) {
    // Cut short by our own end: the page will be read again.
    if (stopped.aborted) throw cause;
    await deadLetters.put(record, cause);
  }
}
