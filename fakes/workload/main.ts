import { serve } from '@hono/node-server';
import { systemClock } from '../../harness/kit/clock.ts';
import { freshSeed, seededRandom } from '../../harness/kit/random.ts';
import { workloadFrom } from './from-environment.ts';
import { officialExport } from './telemetry/official-export.ts';

/** Serves the workload on 127.0.0.1, as its environment says, until it is told to stop. */
function main(environment: NodeJS.ProcessEnv): void {
  const random = seededRandom(freshSeed());
  const workload = workloadFrom({ environment, clock: systemClock(), random, fetch, metricExport: officialExport });
  const port = Number(environment['PORT'] ?? 8080);
  const server = serve({ fetch: (request) => workload.fetch(request), hostname: '127.0.0.1', port }, (address) =>
    console.log(`The workload listens on http://127.0.0.1:${address.port}.`),
  );

  const stop = async (): Promise<void> => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    await workload.stop();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

main(process.env);
