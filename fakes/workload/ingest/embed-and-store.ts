import type { ModelClient } from '../model/model-client.ts';
import type { Store } from '../store/store.ts';
import type { Work } from '../work.ts';

/** A document as it comes in. */
export interface IncomingDocument {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly text: string;
}

/** Embeds documents with one call and stores them. Returns when they are durable. */
export async function embedAndStore(
  documents: readonly IncomingDocument[],
  work: Work,
  parts: { model: ModelClient; store: Store },
): Promise<void> {
  const embeddings = await parts.model.embed(
    work,
    documents.map((document) => `${document.title}\n${document.text}`),
  );
  work.signal.throwIfAborted();
  await parts.store.upsert(documents.map((document, index) => ({ ...document, embedding: embeddings[index] ?? [] })));
}
