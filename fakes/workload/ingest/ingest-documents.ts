import type { Admission } from '../admission/admission.ts';
import { Failure } from '../failure.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { Store } from '../store/store.ts';
import type { Work } from '../work.ts';
import { embedAndStore, type IncomingDocument } from './embed-and-store.ts';

/** Stores a batch that a caller waits for; it is acknowledged only when it is durable. Throws a `Failure`. */
export async function ingestDocuments(
  documents: readonly IncomingDocument[],
  work: Work,
  parts: { admission: Admission; model: ModelClient; store: Store },
): Promise<readonly { readonly id: string; readonly version: number }[]> {
  const lease = await parts.admission.batch(work);
  try {
    await embedAndStore(documents, work, parts);
    return documents.map(({ id, version }) => ({ id, version }));
  } catch (cause) {
    if (work.signal.aborted || cause instanceof Failure) throw cause;
    throw new Failure('store', 'The documents could not be stored.', { cause });
  } finally {
    lease.release();
  }
}
