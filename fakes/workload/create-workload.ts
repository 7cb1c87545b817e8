import type { Clock } from '../../harness/kit/clock.ts';
import type { Random } from '../../harness/kit/random.ts';
import { createAdmission } from './admission/admission.ts';
import { watchEngine } from './admission/engine-watch.ts';
import { createModelClient } from './model/model-client.ts';
import { createRoutes } from './routes.ts';
import type { WorkloadSettings } from './settings.ts';
import { openDeadLetters, type DeadLetters } from './source/dead-letters.ts';
import { followCrm } from './source/follow-crm.ts';
import type { Store } from './store/store.ts';
import { createModelMetrics } from './telemetry/model-metrics.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

/** All that the workload reads time, chance and the network from. */
export interface WorkloadParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly store: Store;
  readonly settings: WorkloadSettings;
  readonly telemetry: Telemetry;
}

export interface Workload {
  fetch(request: Request): Promise<Response>;
  /** Stops what runs in the background. The store and the telemetry belong to whoever handed them in. */
  stop(): Promise<void>;
}

const startUpEveryMs = 500;

/** A RAG service: it ingests documents, follows a CRM, and answers questions from what it has stored. */
export function createWorkload(parts: WorkloadParts): Workload {
  const { clock, random, settings, store, telemetry } = parts;
  const { meter, tracer } = telemetry;
  const stopping = new AbortController();
  const stopped = stopping.signal;
  const background: Promise<void>[] = [];
  const admission = createAdmission(settings, clock, meter);
  const metrics = createModelMetrics(meter, {
    chat: settings.model.chatModel,
    embeddings: settings.model.embeddingModel,
  });
  const model = createModelClient({ clock, random, fetch: parts.fetch, tracer, metrics, workload: settings });
  let deadLetters: DeadLetters | null = null;
  let following = false;

  const startedUp = untilItWorks(clock, stopped, async () => {
    await store.prepare();
    deadLetters = await openDeadLetters(store, clock, random.fork('dead-letters'));
    return deadLetters;
  });
  background.push(startedUp.then(noMore, noMore));
  background.push(watchEngine({ baseUrl: settings.model.baseUrl, fetch: parts.fetch, clock, admission }, stopped));

  const routes = createRoutes({
    ...{ admission, clock, model, settings, store },
    random: random.fork('routes'),
    deadLetters: () => deadLetters,
    follow: () => {
      if (following) return;
      following = true;
      const follow = { ...parts, tracer, workload: settings, admission, model, stopped };
      background.push(startedUp.then((letters) => followCrm(follow, letters)).then(noMore, noMore));
    },
  });
  return {
    fetch: async (request) => routes.fetch(request),
    stop: async () => {
      stopping.abort(new Error('The workload stops.'));
      await Promise.all(background);
    },
  };
}

/** The whole start-up again, since the store may go away in the midst of it; `/health` says 503 meanwhile. */
async function untilItWorks<T>(clock: Clock, stopped: AbortSignal, startUp: () => Promise<T>): Promise<T> {
  for (;;) {
    stopped.throwIfAborted();
    try {
      return await startUp();
    } catch {
      await clock.sleep(startUpEveryMs, stopped);
    }
  }
}

function noMore(): void {
  // What runs in the background ends with the workload; its errors are dealt with where they arise.
}
