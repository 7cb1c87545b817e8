import type { Store } from '../store/store.ts';
import type { Ticket, TicketPage } from './crm-wire.ts';
import type { RecordHead } from './dead-letters.ts';
import { followCarelessly } from './follow-carelessly.ts';
import { cursorName, type FollowParts } from './follow-parts.ts';
import { headOf, ingestTicket } from './ingest-ticket.ts';
import { RecordsInHand } from './records-in-hand.ts';

/**
 * Follows the CRM's feed of changes until it is stopped. The cursor moves on only when every record up to it is either stored or in the
 * dead letters: after a crash what follows is read again, and storing a record twice changes nothing.
 */
export async function followFeed(parts: FollowParts): Promise<void> {
  const { crm, deadLetters, settings, stopped } = parts;
  const redriving = deadLetters.redrive(
    (record) => ingestOrPutAside(record, parts),
    () => crm.calm,
    stopped,
  );
  const follow = settings.defect === 'C3' ? followCarelessly : followSafely;
  while (!stopped.aborted) {
    // What breaks here is the store: from the cursor that it has, a little later.
    await follow(parts).catch(() => undefined);
    await pause(parts);
  }
  await redriving;
}

/**
 * Reads the next page when only few records of the last are left, so that the CRM's quota is used without a gap; at the end of the feed
 * twice a second. Returns when stopped; throws when the store fails.
 */
async function followSafely(parts: FollowParts): Promise<void> {
  const { settings, stopped, store } = parts;
  const inHand = new RecordsInHand();
  let cursor = await store.cursor(cursorName);
  let movedOn = Promise.resolve();
  const failed = { yes: false };
  try {
    while (!stopped.aborted && !failed.yes) {
      const page = await readPage(cursor, parts);
      if (page && page.tickets.length > 0) {
        const records = newest(page.tickets).map((ticket) => inHand.hold(ingestOrPutAside(headOf(ticket), parts)));
        cursor = page.after_cursor ?? cursor;
        movedOn = moveOn(cursor, Promise.all([movedOn, ...records]), store);
        movedOn.catch(() => (failed.yes = true));
      }
      await inHand.downTo(2 * settings.crm.parallelism);
      if (!page || page.end_of_stream) await pause(parts);
    }
    await movedOn;
  } finally {
    await inHand.downTo(0);
  }
}

/** Null when it could not be read. */
function readPage(cursor: string | null, { crm }: FollowParts): Promise<TicketPage | null> {
  return crm.page(cursor).catch(() => null);
}

/** Saves the cursor once everything before it is done. */
async function moveOn(cursor: string | null, done: Promise<unknown>, store: Store): Promise<void> {
  await done;
  if (cursor !== null) await store.saveCursor(cursorName, cursor);
}

function pause({ clock, settings, stopped }: FollowParts): Promise<void> {
  return clock.sleep(settings.crm.pollEveryMs, stopped).catch(() => undefined);
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
    // Cut short by our own end: it will be read again.
    if (stopped.aborted) throw cause;
    await deadLetters.put(record, cause);
  }
}
