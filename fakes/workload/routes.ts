import { Hono, type Context as HonoContext } from 'hono';
import { z } from 'zod';
import type { Clock } from '../../harness/kit/clock.ts';
import type { Random } from '../../harness/kit/random.ts';
import type { WorkClass } from '../../harness/observe/observations.ts';
import { answerQuestion, type AnswerParts } from './answer/answer-question.ts';
import { answerStream } from './answer/answer-stream.ts';
import { asFailure, Failure, statusOfFailure } from './failure.ts';
import { ingestDocuments } from './ingest/ingest-documents.ts';
import type { WorkloadSettings } from './settings.ts';
import type { DeadLetters } from './source/dead-letters.ts';
import { shareOfTrace, traceOfCaller } from './telemetry/trace-context.ts';
import { openWork, type OpenWork } from './work.ts';

export interface RouteParts extends Omit<AnswerParts, 'settings'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: WorkloadSettings;
  /** Null until the store is prepared. */
  readonly deadLetters: () => DeadLetters | null;
  /** Begins to follow the CRM; doing it twice is fine. */
  readonly follow: () => void;
}

const Question = z.object({ question: z.string() });
const Documents = z.object({
  documents: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        version: z.number().int().min(0),
        title: z.string().max(500),
        text: z.string().min(1).max(20_000),
      }),
    )
    .min(1)
    .max(64),
});

/** The HTTP API. A failure is answered with `{ code, message }` and the status that says it. */
export function createRoutes(parts: RouteParts): Hono {
  const app = new Hono();
  app.get('/health', (context) => {
    const ready = parts.deadLetters() !== null;
    return context.json({ ready }, ready ? 200 : 503);
  });
  app.post('/ask', (context) => ask(context, parts));
  app.post('/documents', (context) => ingest(context, parts));
  app.get('/documents', (context) => listDocuments(context, parts));
  app.post('/sources/crm/follow', (context) => {
    parts.follow();
    return context.json({ following: 'crm' }, 202);
  });
  app.get('/dead-letters', async (context) => {
    const letters = parts.deadLetters();
    if (!letters) throw new Failure('store', 'The store is not ready yet.');
    const deadLetters = (await letters.list()).map(({ id, version, reason, atMs }) => ({ id, version, reason, atMs }));
    return context.json({ deadLetters });
  });
  app.notFound((context) =>
    context.json({ code: 'not_found', message: `There is no ${context.req.method} ${context.req.path}.` }, 404),
  );
  app.onError((cause) => failureResponse(cause));
  return app;
}

async function ask(context: HonoContext, parts: RouteParts): Promise<Response> {
  const work = workOf(context, 'interactive', parts);
  try {
    const { question } = await readBody(context, Question);
    failNowAndThen(work, parts);
    const answer = answerQuestion(question, work, { ...parts, settings: parts.settings.answer });
    const first = await answer.next();
    if (first.done === true) throw new Failure('internal', 'The answer had no end.');
    const body = answerStream(first.value, answer, (isWhole) => (isWhole ? work.finish() : work.close()));
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
  } catch (cause) {
    work.close();
    throw cause;
  }
}

async function ingest(context: HonoContext, parts: RouteParts): Promise<Response> {
  const work = workOf(context, 'batch', parts);
  try {
    const { documents } = await readBody(context, Documents);
    const stored = await ingestDocuments(documents, work, parts);
    work.finish();
    return context.json({ stored });
  } catch (cause) {
    work.close();
    throw cause;
  }
}

async function listDocuments(context: HonoContext, { store }: RouteParts): Promise<Response> {
  const documents = await store.list().catch((cause: unknown) => {
    throw new Failure('store', 'The documents could not be listed.', { cause });
  });
  return context.json({ documents });
}

/** Defect T12. The trace of a question decides, so that the same ones fail wherever the same plan is run. */
function failNowAndThen(work: OpenWork, { random, settings }: RouteParts): void {
  if (settings.defect !== 'T12') return;
  const chance = shareOfTrace(work.trace) ?? random.next();
  if (chance < 0.004) throw new Failure('internal', 'Something went wrong.');
}

function workOf(context: HonoContext, workClass: WorkClass, parts: RouteParts): OpenWork {
  const request = context.req.raw;
  const timeoutMs = Number(request.headers.get('x-timeout-ms') ?? NaN);
  return openWork(
    {
      workClass,
      trace: traceOfCaller(request.headers),
      timeoutMs: timeoutMs >= 0 ? timeoutMs : null,
      hangUp: request.signal,
    },
    parts.clock,
    parts.settings,
  );
}

async function readBody<T>(context: HonoContext, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await context.req.json().catch(() => null);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new Failure('bad_input', problems.join('; '));
}

function failureResponse(cause: unknown): Response {
  const failure = asFailure(cause);
  const { code, message, retryAfterSeconds } = failure;
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return Response.json({ code, message }, { status: statusOfFailure(failure), headers });
}
