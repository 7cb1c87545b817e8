import { bulkhead } from 'cockatiel';
import type { z } from 'zod';
import type { Clock } from '../../../harness/kit/clock.ts';
import { messageOf } from '../../../harness/kit/errors.ts';
import type { Random } from '../../../harness/kit/random.ts';
import { readRetryAfter } from '../retry-after.ts';
import type { WorkloadSettings } from '../settings.ts';
import { newTrace, traceHeaders, type SpanMaker } from '../telemetry/trace-context.ts';
import { CommentsSchema, TicketPageSchema, type Comment, type TicketPage } from './crm-wire.ts';
import { createRetryPolicy, type RetryPolicy } from './retry-policy.ts';
import { GaveUp, SourceFailure } from './source-failure.ts';
import { SourceGate } from './source-gate.ts';

/** What is asked of the CRM. Every method is one operation with a trace of its own; it throws `GaveUp` when its attempts are used up. */
export interface CrmClient {
  /** The tickets that changed after a cursor; from the beginning when it is null. */
  page(cursor: string | null): Promise<TicketPage>;
  comments(ticketId: number): Promise<readonly Comment[]>;
  /** Whether the CRM does what it is asked at the moment. */
  readonly calm: boolean;
}

export interface CrmClientSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly tracer: SpanMaker;
  readonly workload: Pick<WorkloadSettings, 'crm' | 'defect'>;
  /** Aborted when the workload stops. */
  readonly stopped: AbortSignal;
}

const pageSize = 100;

export function createCrmClient(settings: CrmClientSettings): CrmClient {
  const { clock, random, workload } = settings;
  const policy = createRetryPolicy(workload, random.fork('backoff'));
  const { parallelism } = workload.crm;
  const gate = new SourceGate({ clock, random: random.fork('gate'), policy, parallelism, stopped: settings.stopped });
  // Also those that wait for their next attempt count: in an outage only so many records are struggling at a time.
  const records = bulkhead(parallelism, Infinity);
  const ask = <T>(name: string, path: string, schema: z.ZodType<T>): Promise<T> =>
    operate(name, { clock, gate, policy, settings }, (headers) => request(path, schema, settings, headers));

  return {
    get calm() {
      return gate.calm;
    },
    page: (cursor) => {
      const from = cursor === null ? 'start_time=0' : `cursor=${encodeURIComponent(cursor)}`;
      const path = `/api/v2/incremental/tickets/cursor?${from}&per_page=${pageSize}`;
      return ask('crm page', path, TicketPageSchema);
    },
    comments: async (ticketId) => {
      const path = `/api/v2/tickets/${ticketId}/comments`;
      const { comments, count } = await records.execute(() => ask('crm comments', path, CommentsSchema));
      if (comments.length !== count)
        throw new GaveUp(`Ticket ${ticketId} came with ${comments.length} of its ${count} comments.`, null);
      return comments;
    },
  };
}

interface Operating {
  readonly clock: Clock;
  readonly gate: SourceGate;
  readonly policy: RetryPolicy;
  readonly settings: CrmClientSettings;
}

/** One operation: its attempts, each in its turn, until it succeeds or another attempt is not worth it or not allowed. */
async function operate<T>(
  name: string,
  { clock, gate, policy, settings }: Operating,
  send: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const span = newTrace(settings, name);
  const headers = traceHeaders(span.context);
  policy.budget.deposit();
  let notBeforeMs = clock.now();
  try {
    for (let number = 1; ; number++) {
      try {
        return await gate.attempt({ number, notBeforeMs }, () => send(headers));
      } catch (cause) {
        notBeforeMs = clock.now() + waitBeforeNext(cause, number, { gate, policy, settings });
      }
    }
  } finally {
    span.end();
  }
}

/** How long this operation waits for its next attempt; throws `GaveUp` when there is to be none. */
function waitBeforeNext(cause: unknown, number: number, operating: Omit<Operating, 'clock'>): number {
  const { gate, policy, settings } = operating;
  if (settings.stopped.aborted) throw cause;
  const problem = cause instanceof SourceFailure ? cause.problem : null;
  if (problem?.kind !== 'throttled' && problem?.kind !== 'unavailable') throw new GaveUp(messageOf(cause), cause);
  if (number >= policy.attempts) throw new GaveUp(`${messageOf(cause)} That was attempt ${number}.`, cause);
  const hintMs = problem.kind === 'throttled' ? problem.retryAfterMs : null;
  if (hintMs !== null && hintMs > settings.workload.crm.longestPauseMs)
    throw new GaveUp(`The CRM asks to wait for ${Math.round(hintMs / 1000)} s.`, cause);
  if (!gate.tryingAfterOutage && !policy.budget.take())
    throw new GaveUp(`${messageOf(cause)} There have been too many retries already.`, cause);
  // With a hint the whole source waits, which the gate sees to.
  return hintMs === null ? policy.backoff(number + 1) : 0;
}

/** One request, at most `attemptLimitMs` long. Throws `SourceFailure`. */
async function request<T>(
  path: string,
  schema: z.ZodType<T>,
  settings: CrmClientSettings,
  traced: Record<string, string>,
): Promise<T> {
  const { clock, stopped, workload } = settings;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = clock.setTimer(stop, workload.crm.attemptLimitMs);
  stopped.addEventListener('abort', stop, { once: true });
  if (stopped.aborted) stop();
  try {
    const response = await settings.fetch(`${workload.crm.baseUrl}${path}`, {
      headers: { ...traced, authorization: `Bearer ${workload.crm.token}`, accept: 'application/json' },
      signal: controller.signal,
    });
    if (!response.ok) await throwForStatus(response, settings);
    return await readBody(response, schema);
  } catch (cause) {
    if (cause instanceof SourceFailure) throw cause;
    throw new SourceFailure({ kind: 'unavailable' }, 'The CRM could not be reached, or did not answer in time.', cause);
  } finally {
    timer.cancel();
    stopped.removeEventListener('abort', stop);
  }
}

async function throwForStatus(response: Response, { clock, workload }: CrmClientSettings): Promise<never> {
  const { status } = response;
  // Read to its end, so that the connection can be used again.
  await response.arrayBuffer();
  const header = workload.defect === 'A6' ? null : response.headers.get('retry-after');
  const retryAfterMs = readRetryAfter(header, clock.now());
  if (status === 429 || (status === 503 && retryAfterMs !== null))
    throw new SourceFailure({ kind: 'throttled', retryAfterMs }, `The CRM answered ${status}.`);
  if (status >= 500 || status === 408) throw new SourceFailure({ kind: 'unavailable' }, `The CRM answered ${status}.`);
  throw new SourceFailure({ kind: 'rejected', status }, `The CRM answered ${status}.`);
}

async function readBody<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const text = await response.text();
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SourceFailure({ kind: 'malformed' }, 'The CRM answered something that its API does not promise.', cause);
  }
}
