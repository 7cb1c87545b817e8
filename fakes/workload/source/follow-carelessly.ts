import { cursorName, type FollowParts } from './follow-parts.ts';
import { headOf, ingestTicket } from './ingest-ticket.ts';

/** Defect C3: the cursor moves on first, and a page is left where a record fails. */
export async function followCarelessly(parts: FollowParts): Promise<void> {
  const { clock, crm, settings, stopped, store } = parts;
  const { parallelism, pollEveryMs } = settings.crm;
  while (!stopped.aborted) {
    const page = await crm.page(await store.cursor(cursorName));
    if (page.after_cursor !== null) await store.saveCursor(cursorName, page.after_cursor);
    const heads = page.tickets.map(headOf);
    for (let from = 0; from < heads.length; from += parallelism) {
      await Promise.all(heads.slice(from, from + parallelism).map((head) => ingestTicket(head, parts)));
    }
    if (page.end_of_stream) await clock.sleep(pollEveryMs, stopped);
  }
}
