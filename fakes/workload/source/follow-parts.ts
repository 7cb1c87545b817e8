import type { Clock } from '../../../harness/kit/clock.ts';
import type { IncomingDocument } from '../ingest/embed-and-store.ts';
import type { CrmSettings, WorkloadSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import type { CrmClient } from './crm-client.ts';
import type { DeadLetters } from './dead-letters.ts';

/** What it takes to follow a feed. */
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

/** The name of the cursor in the store. */
export const cursorName = 'crm';
