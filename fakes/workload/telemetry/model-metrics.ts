import type { Meter } from '@opentelemetry/api';

export type ModelOperation = 'chat' | 'embeddings';

/** What is measured of calls to models, by the GenAI semantic conventions (github.com/open-telemetry/semantic-conventions-genai). */
export interface ModelMetrics {
  duration(operation: ModelOperation, durationMs: number, errorType?: string): void;
  firstChunk(durationMs: number): void;
  attempt(operation: ModelOperation, workClass: string): void;
}

// In seconds, as the conventions advise: 0.01 x 2^n.
const buckets = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);

export function createModelMetrics(meter: Meter, models: Readonly<Record<ModelOperation, string>>): ModelMetrics {
  const advice = { explicitBucketBoundaries: buckets };
  const duration = meter.createHistogram('gen_ai.client.operation.duration', { unit: 's', advice });
  const firstChunk = meter.createHistogram('gen_ai.client.operation.time_to_first_chunk', { unit: 's', advice });
  const attempts = meter.createCounter('gameday.workload.model.attempts', { unit: '{attempt}' });
  const common = (operation: ModelOperation) => ({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': models[operation],
  });
  return {
    duration: (operation, durationMs, errorType) =>
      duration.record(durationMs / 1000, {
        ...common(operation),
        ...(errorType === undefined ? {} : { 'error.type': errorType }),
      }),
    firstChunk: (durationMs) => firstChunk.record(durationMs / 1000, common('chat')),
    attempt: (operation, workClass) => attempts.add(1, { ...common(operation), 'work.class': workClass }),
  };
}
