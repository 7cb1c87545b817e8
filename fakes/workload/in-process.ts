import type { CreateTarget } from '../../harness/world/types.ts';
import { workloadFrom } from './from-environment.ts';
import { fetchExport } from './telemetry/fetch-export.ts';

/** The workload as a function, wired as in its process. */
export const createTarget: CreateTarget = (context) =>
  workloadFrom({ ...context, metricExport: fetchExport(context.fetch) });
