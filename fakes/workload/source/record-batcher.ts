import type { Clock, Timer } from '../../../harness/kit/clock.ts';
import type { IncomingDocument } from '../ingest/embed-and-store.ts';

interface Pending {
  readonly document: IncomingDocument;
  readonly stored: () => void;
  readonly failed: (cause: unknown) => void;
}

export interface RecordBatcherSettings {
  readonly clock: Clock;
  /** Stores a batch for good. */
  readonly store: (documents: readonly IncomingDocument[]) => Promise<void>;
  /** Records in one batch, at most. */
  readonly size: number;
  /** How long the first of a batch waits for others. Milliseconds. */
  readonly lingerMs: number;
}

/** Gathers records that come one by one into small batches. What it returns waits until the record is stored, or why it was not. */
export function createRecordBatcher(settings: RecordBatcherSettings): (document: IncomingDocument) => Promise<void> {
  let pending: Pending[] = [];
  let timer: Timer | null = null;

  const flush = (): void => {
    timer?.cancel();
    timer = null;
    const batch = pending;
    pending = [];
    settings.store(batch.map((entry) => entry.document)).then(
      () => batch.forEach((entry) => entry.stored()),
      (cause: unknown) => batch.forEach((entry) => entry.failed(cause)),
    );
  };

  return (document) =>
    new Promise((stored, failed) => {
      pending.push({ document, stored, failed });
      if (pending.length >= settings.size) flush();
      else timer ??= settings.clock.setTimer(flush, settings.lingerMs);
    });
}
