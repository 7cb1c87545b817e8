import type { Tracer } from '@opentelemetry/api';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { Random } from '../../../harness/kit/random.ts';
import type { Admission } from '../admission/admission.ts';
import { embedAndStore } from '../ingest/embed-and-store.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { WorkloadSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import { newTrace } from '../telemetry/trace-context.ts';
import { createCrmClient } from './crm-client.ts';
import type { DeadLetters } from './dead-letters.ts';
import { followFeed } from './follow-feed.ts';
import { createRecordBatcher } from './record-batcher.ts';

export interface FollowCrmSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly tracer: Tracer;
  readonly workload: WorkloadSettings;
  readonly admission: Admission;
  readonly model: ModelClient;
  readonly store: Store;
  readonly stopped: AbortSignal;
}

const batch = { size: 8, lingerMs: 100 };

/** Puts together what follows the CRM, and runs it until it is stopped. */
export async function followCrm(settings: FollowCrmSettings, deadLetters: DeadLetters): Promise<void> {
  const { admission, clock, model, store, stopped, tracer } = settings;
  const storeRecord = createRecordBatcher({
    ...batch,
    clock,
    store: (documents) =>
      admission.feed(async () => {
        const span = newTrace(tracer, 'store records');
        const work = { workClass: 'batch', trace: span.context, signal: stopped, deadlineMs: Infinity } as const;
        await embedAndStore(documents, work, { model, store }).finally(() => span.end());
      }),
  });
  const crm = createCrmClient({ ...settings, random: settings.random.fork('crm') });
  await followFeed({ clock, crm, store, deadLetters, storeRecord, settings: settings.workload, stopped });
}
