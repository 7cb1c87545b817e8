import type { Clock } from '../../harness/kit/clock.ts';
import type { Random } from '../../harness/kit/random.ts';
import { createWorkload, type Workload } from './create-workload.ts';
import { parseDefect } from './defects.ts';
import { workloadSettings, type WorkloadSettings } from './settings.ts';
import { createMemoryStore } from './store/memory-store.ts';
import { createPgvectorStore } from './store/pgvector-store.ts';
import { createQdrantStore } from './store/qdrant-store.ts';
import type { Store } from './store/store.ts';
import { createTelemetry, type MetricExport } from './telemetry/telemetry.ts';

/** What the workload runs on, as a process and as a function alike. */
export interface Ground {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  /** How metrics are sent. */
  readonly metricExport: MetricExport;
}

/** The workload as its environment says; `stop` stops the store and the telemetry, too. */
export function workloadFrom({ environment, clock, random, fetch, metricExport }: Ground): Workload {
  const settings = settingsOf(environment);
  const store = storeOf(environment, settings);
  const telemetry = createTelemetry({
    random: random.fork('traces'),
    endpoint: environment['OTEL_EXPORTER_OTLP_ENDPOINT'],
    metricExport,
  });
  const workload = createWorkload({ clock, random, fetch, store, settings, telemetry });
  return {
    fetch: (request) => workload.fetch(request),
    stop: async () => {
      await workload.stop();
      await Promise.allSettled([store.stop(), telemetry.stop()]);
    },
  };
}

function settingsOf(environment: Ground['environment']): WorkloadSettings {
  const given = (name: string): string | undefined => environment[name] || undefined;
  const need = (name: string): string => {
    const value = given(name);
    if (value === undefined) throw new Error(`Please set ${name}.`);
    return value;
  };
  return workloadSettings({
    model: { baseUrl: need('OPENAI_BASE_URL'), apiKey: given('OPENAI_API_KEY') ?? 'none' },
    crm: { baseUrl: given('CRM_BASE_URL') ?? 'http://127.0.0.1:9', token: given('CRM_TOKEN') ?? 'none' },
    defect: parseDefect(given('GAMEDAY_DEFECT')),
  });
}

function storeOf(environment: Ground['environment'], settings: WorkloadSettings): Store {
  const { dimension } = settings.model;
  const [database, qdrant] = [environment['DATABASE_URL'], environment['QDRANT_URL']];
  if (database) return createPgvectorStore({ url: database, dimension });
  return qdrant ? createQdrantStore({ url: qdrant, dimension }) : createMemoryStore();
}
