import type { z } from 'zod';
import type { Clock } from '../../harness/kit/clock.ts';
import { WorkClassSchema } from '../../harness/observe/observations.ts';
import type { Journal, OpenCall } from '../part/journal.ts';
import type { GpuEngine } from './gpu-engine.ts';
import type { ModelTrouble } from './model-faults.ts';
import type { FinishedReason, ModelMetrics } from './model-metrics.ts';
import type { ModelServerSettings } from './model-settings.ts';
import type { ReadPassages } from './read-passage.ts';
import { callerLeft, malformed, type WireError } from './openai-errors.ts';
import type { EngineResult } from './sequence.ts';

/** What every endpoint of a model server works with. */
export interface ModelServer {
  readonly settings: ModelServerSettings;
  readonly engine: GpuEngine;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly metrics: ModelMetrics;
  readonly trouble: ModelTrouble;
  readonly readPassage: ReadPassages;
  /** A fresh id with this in front, e.g. `chatcmpl-…`. */
  newId(prefix: string): string;
}

/** Opens the journal's entry of a call. `operation` is null for what is no work. */
export function openCall(server: ModelServer, request: Request, operation: string | null): OpenCall {
  const workClass = WorkClassSchema.safeParse(request.headers.get('x-work-class'));
  return server.journal.begin({
    method: request.method,
    path: new URL(request.url).pathname,
    operation,
    traceparent: request.headers.get('traceparent'),
    workClass: workClass.success ? workClass.data : null,
  });
}

/** Answers with an error and closes the journal's entry. */
export function answerError(call: OpenCall, error: WireError, fault: string | null = null): Response {
  call.end({ status: error.status, outcome: error.outcome, fault });
  return Response.json(error.body, { status: error.status });
}

export type Body<Value> =
  { readonly kind: 'read'; readonly value: Value } | { readonly kind: 'malformed'; readonly error: WireError };

/** Reads a body of JSON, with every mistake in it named. */
export async function readBody<Value>(request: Request, schema: z.ZodType<Value>): Promise<Body<Value>> {
  const body: unknown = await request.json().catch(() => undefined);
  if (body === undefined && request.signal.aborted) return { kind: 'malformed', error: callerLeft };
  if (body === undefined) return { kind: 'malformed', error: malformed(['A JSON object was expected.']) };
  const parsed = schema.safeParse(body);
  if (parsed.success) return { kind: 'read', value: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}.`);
  return { kind: 'malformed', error: malformed(problems) };
}

/** Writes down how the engine's work for a call ended: in the journal and in the metrics. */
export function closeCall(
  server: ModelServer,
  call: OpenCall,
  result: EngineResult,
  reason: Exclude<FinishedReason, 'abort' | 'error'>,
): void {
  server.metrics.finished(result, result.kind === 'finished' ? reason : result.kind === 'aborted' ? 'abort' : 'error');
  const { promptTokens } = result.work;
  const readTokens = result.kind === 'finished' ? promptTokens : Math.min(result.computedTokens, promptTokens);
  call.end({
    status: result.kind === 'finished' ? 200 : result.kind === 'dead' ? 500 : null,
    outcome: result.kind === 'finished' ? 'ok' : result.kind === 'dead' ? 'failed' : 'aborted',
    tokens: readTokens + result.outputTokens,
    fault: server.trouble.blame(result),
    figures: {
      promptTokens,
      outputTokens: result.outputTokens,
      preemptions: result.preemptions,
      ...(result.firstTokenMs === null ? {} : { firstTokenMs: result.firstTokenMs - result.arrivedMs }),
      ...(result.timePerOutputTokenMs === null ? {} : { timePerOutputTokenMs: result.timePerOutputTokenMs }),
      ...(result.startedMs === null ? {} : { queuedMs: result.startedMs - result.arrivedMs }),
    },
  });
}

/** Calls `abort` when the caller hangs up, also when it already has. */
export function onHangUp(request: Request, abort: () => void): void {
  if (request.signal.aborted) abort();
  else request.signal.addEventListener('abort', abort, { once: true });
}

/** The answer to nobody: the caller has hung up. */
export function nobody(): Response {
  return new Response(null, { status: 499 });
}
