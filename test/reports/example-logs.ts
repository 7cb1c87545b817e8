import type { Random } from '../../harness/kit/random.ts';
import type { Call, Sample } from '../../harness/record.ts';
import { cut, durationMs, outage } from './example-times.ts';

/** Fifty questions a second. */
export function questions(random: Random, failing: boolean): Sample[] {
  const samples: Sample[] = [];
  for (let dueMs = random.exponential(0.05); dueMs < durationMs; dueMs += random.exponential(0.05)) {
    samples.push(question(random, dueMs, failing));
  }
  return samples;
}

function question(random: Random, dueMs: number, failing: boolean): Sample {
  const troubled = dueMs >= outage.startMs && dueMs < outage.endMs + 4000;
  const slow = troubled && failing ? 6 : 1;
  const firstTokenMs = (55 + random.exponential(1 / 28)) * slow;
  const doneMs = firstTokenMs + (210 + random.exponential(1 / 60)) * slow;
  const chance = random.next();
  const common = {
    id: traceId(random),
    operation: 'ask',
    workClass: 'interactive' as const,
    dueMs,
    sentMs: dueMs + random.exponential(2.5),
    deadlineMs: 3000,
  };
  if (troubled && failing && chance < 0.09) {
    return {
      ...common,
      firstTokenMs: null,
      doneMs: dueMs + 3000,
      outcome: { kind: 'failed', code: 'deadline' },
      tokens: 0,
      correct: null,
    };
  }
  if (troubled && chance < (failing ? 0.2 : 0.005)) {
    const outcome = { kind: 'shed' as const, status: 503, retryAfterMs: 1000 };
    return { ...common, firstTokenMs: null, doneMs: dueMs + 12, outcome, tokens: 0, correct: null };
  }
  const degraded = troubled && chance > 0.96;
  return {
    ...common,
    firstTokenMs: dueMs + firstTokenMs,
    doneMs: dueMs + doneMs,
    outcome: { kind: 'good', degraded },
    tokens: random.integer(24, 40),
    correct: !degraded,
  };
}

/** What the CRM saw of the ingestion. */
export function sourceCalls(random: Random, failing: boolean): Call[] {
  const calls: Call[] = [];
  const attempts = new Map<number, number>();
  for (let atMs = 20; atMs < durationMs;) {
    const throttled = atMs >= cut.startMs && atMs < cut.endMs;
    const down = atMs >= outage.startMs && atMs < outage.endMs;
    const catchingUp = !throttled && !down && atMs >= outage.endMs && atMs < outage.endMs + 34_000;
    const perSecond = throttled ? (failing ? 61 : 4.6) : down ? (failing ? 118 : 0.8) : catchingUp ? 38 : 20;
    const refused = throttled && random.next() < (failing ? 0.93 : 0.12);
    // Operations last longer while the source refuses: their retries belong to the same one.
    const operation = Math.floor(atMs / (throttled || down ? 215 : 10));
    const attempt = (attempts.get(operation) ?? 0) + 1;
    attempts.set(operation, attempt);
    calls.push({
      part: 'crm',
      number: calls.length + 1,
      method: 'GET',
      path: '/api/v2/tickets',
      operation: `ticket/${operation}`,
      traceId: operation.toString(16).padStart(32, '0'),
      attempt,
      workClass: 'batch',
      dueMs: atMs - 40,
      receivedMs: atMs,
      endedMs: atMs + 9 + random.exponential(0.1),
      status: down ? 503 : refused ? 429 : 200,
      outcome: down ? 'unavailable' : refused ? 'throttled' : 'ok',
      retryAfterMs: refused ? 3000 : null,
      tokens: 0,
      fault: down ? 'crm-unavailable' : refused ? 'quota-cut' : null,
      figures: {},
    });
    atMs += random.exponential(perSecond / 1000);
  }
  return calls;
}

/** Two calls a question, one to embed it and one to answer it. */
export function modelCalls(random: Random, samples: readonly Sample[]): Call[] {
  const calls = samples.flatMap((sample) => {
    const dropped = sample.outcome.kind === 'shed';
    if (dropped) return [];
    return ['/v1/embeddings', '/v1/chat/completions'].map((path, index): Omit<Call, 'number'> => {
      const receivedMs = sample.dueMs + 4 + index * (14 + random.exponential(0.3));
      return {
        part: 'model-server',
        method: 'POST',
        path,
        operation: path,
        traceId: sample.id,
        attempt: 1,
        workClass: 'interactive',
        dueMs: sample.dueMs,
        receivedMs,
        endedMs: sample.doneMs,
        status: sample.outcome.kind === 'good' ? 200 : null,
        outcome: sample.outcome.kind === 'good' ? 'ok' : 'aborted',
        retryAfterMs: null,
        tokens: index === 0 ? 18 : 232,
        fault: null,
        figures: {},
      };
    });
  });
  return calls.map((call, index) => ({ ...call, number: index + 1 }));
}

function traceId(random: Random): string {
  return Array.from({ length: 4 }, () => random.integer(0, 0xffffffff).toString(16).padStart(8, '0')).join('');
}
