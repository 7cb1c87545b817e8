import type { Clock } from '../../../harness/kit/clock.ts';
import type { Random } from '../../../harness/kit/random.ts';
import type { Admission } from '../admission/admission.ts';
import { embedAndStore } from '../ingest/embed-and-store.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { WorkloadSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import { newTrace, type SpanMaker } from '../telemetry/trace-context.ts';
import { openWork } from '../work.ts';
import { createCrmClient } from './crm-client.ts';
import type { DeadLetters } from './dead-letters.ts';
import { followFeed } from './follow-feed.ts';
import { createRecordBatcher } from './record-batcher.ts';

export interface FollowCrmSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly tracer: SpanMaker;
  readonly workload: WorkloadSettings;
  readonly admission: Admission;
  readonly model: ModelClient;
  readonly store: Store;
  readonly stopped: AbortSignal;
}

const batch = { size: 8, lingerMs: 100 };
/** A batch takes a fraction of a second. One that takes so long hangs, and would hold up all that come after it. */
const batchLimitMs = 30_000;

/** Puts together what follows the CRM, and runs it until it is stopped. */
export async function followCrm(settings: FollowCrmSettings, deadLetters: DeadLetters): Promise<void> {
  const { admission, clock, model, store, stopped, tracer } = settings;
  const storeRecord = createRecordBatcher({
    ...batch,
    clock,
    store: (documents) =>
      admission.feed(async () => {
        const span = newTrace({ clock, tracer }, 'store records');
        const own = { workClass: 'batch', trace: span.context, timeoutMs: null, hangUp: stopped } as const;
        // A signal of its own also because the model's client never takes its listeners off the one that it is given.
        const work = openWork(own, clock, { callerLimitMs: batchLimitMs, defect: null });
        try {
          await embedAndStore(documents, work, { model, store });
          work.finish();
        } catch (cause) {
          work.close();
          throw cause;
        } finally {
          span.end();
        }
      }),
  });
  const crm = createCrmClient({ ...settings, random: settings.random.fork('crm') });
  await followFeed({ clock, crm, store, deadLetters, storeRecord, settings: settings.workload, stopped });
}
