import { serve } from '@hono/node-server';
import { systemClock } from '../../harness/kit/clock.ts';
import { freshSeed, seededRandom } from '../../harness/kit/random.ts';
import { createWorkload } from './create-workload.ts';
import { parseDefect } from './defects.ts';
import { workloadSettings, type WorkloadSettings } from './settings.ts';
import { createMemoryStore } from './store/memory-store.ts';
import { createPgvectorStore } from './store/pgvector-store.ts';
import type { Store } from './store/store.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

/** Serves the workload on 127.0.0.1, as its environment says, until it is told to stop. */
function main(environment: NodeJS.ProcessEnv): void {
  const clock = systemClock();
  const random = seededRandom(freshSeed());
  const settings = settingsOf(environment);
  const store = storeOf(environment, settings);
  const telemetry = createTelemetry({
    random: random.fork('traces'),
    endpoint: environment['OTEL_EXPORTER_OTLP_ENDPOINT'],
  });
  const workload = createWorkload({ clock, random, fetch, store, settings, telemetry });
  const port = Number(environment['PORT'] ?? 8080);
  const server = serve({ fetch: (request) => workload.fetch(request), hostname: '127.0.0.1', port }, (address) =>
    console.log(`The workload listens on http://127.0.0.1:${address.port}.`),
  );

  const stop = async (): Promise<void> => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    await workload.stop();
    await Promise.allSettled([store.stop(), telemetry.stop()]);
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

function settingsOf(environment: NodeJS.ProcessEnv): WorkloadSettings {
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

function storeOf(environment: NodeJS.ProcessEnv, settings: WorkloadSettings): Store {
  const url = environment['DATABASE_URL'];
  return url ? createPgvectorStore({ url, dimension: settings.model.dimension }) : createMemoryStore();
}

main(process.env);
