import OpenAI from 'openai';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { Random } from '../../../harness/kit/random.ts';
import { createBackoff } from '../backoff.ts';
import { createRetryBudget } from '../retry-budget.ts';
import type { WorkloadSettings } from '../settings.ts';
import type { ModelMetrics } from '../telemetry/model-metrics.ts';
import { openSpan, traceHeaders, type SpanMaker } from '../telemetry/trace-context.ts';
import type { Work } from '../work.ts';
import { ModelFailure, readModelFailure } from './model-failure.ts';
import { retryModelCall, type ModelRetries } from './retry-model-call.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/** Calls to the models. Every method throws a `Failure`, and stops its call when the work is stopped. */
export interface ModelClient {
  /** One vector for each text, of the dimension that the store expects. */
  embed(work: Work, texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  /** Begins an answer: resolves when its first piece is there. */
  chat(work: Work, messages: readonly ChatMessage[]): Promise<BegunAnswer>;
}

/** The pieces of an answer as they come. It ends only if the model said that it had finished, and gives why it did. */
export interface BegunAnswer {
  readonly first: IteratorResult<string, string>;
  /** What comes after the first. Whoever does not read it to its end has to end it by `return`. */
  readonly rest: AsyncGenerator<string, string>;
}

export interface ModelClientSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly tracer: SpanMaker;
  readonly metrics: ModelMetrics;
  readonly workload: Pick<WorkloadSettings, 'model' | 'answer' | 'defect'>;
}

/** Over the official client, whose own retries are off: with ours they would multiply. */
export function createModelClient(settings: ModelClientSettings): ModelClient {
  const { clock, workload } = settings;
  const openai = new OpenAI({
    baseURL: workload.model.baseUrl,
    apiKey: workload.model.apiKey,
    fetch: settings.fetch,
    maxRetries: 0,
    logLevel: 'off',
    // Not from the environment of whoever runs it, either.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
  });
  const retries: ModelRetries = {
    clock,
    backoff: createBackoff(settings.random.fork('model-backoff')),
    budget: createRetryBudget({ ratio: 0.1, reserve: 3, most: 20 }),
  };

  return {
    embed: (work, texts) => retryModelCall(work, retries, () => embedOnce(openai, settings, work, texts)),
    // Only the way to the first piece is retried: what the caller has seen cannot be taken back.
    chat: (work, messages) =>
      retryModelCall(work, retries, async () => {
        const rest = chatOnce(openai, settings, work, messages);
        return { first: await rest.next(), rest };
      }),
  };
}

async function embedOnce(
  openai: OpenAI,
  settings: ModelClientSettings,
  work: Work,
  texts: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const { clock, metrics, workload } = settings;
  const startedMs = clock.now();
  const span = openSpan(settings, `embeddings ${workload.model.embeddingModel}`, work.trace);
  metrics.attempt('embeddings', work.workClass);
  try {
    const answer = await openai.embeddings.create(
      { model: workload.model.embeddingModel, input: [...texts] },
      { signal: work.signal, headers: { ...traceHeaders(span.context), 'x-work-class': work.workClass } },
    );
    const vectors = answer.data.map((entry) => entry.embedding);
    checkVectors(vectors, texts.length, workload.model.dimension);
    metrics.duration('embeddings', clock.now() - startedMs);
    span.end();
    return vectors;
  } catch (cause) {
    const failure = readModelFailure(cause, work, clock.now());
    metrics.duration('embeddings', clock.now() - startedMs, errorTypeOf(failure));
    span.end(failure);
    throw failure;
  }
}

/** A vector of another size, or of no direction, would be stored and never found again: better refused here. */
function checkVectors(vectors: readonly (readonly number[])[], count: number, dimension: number): void {
  const usable = (vector: readonly number[]): boolean =>
    vector.length === dimension && vector.every(Number.isFinite) && vector.some((value) => value !== 0);
  if (vectors.length === count && vectors.every(usable)) return;
  const sizes = [...new Set(vectors.map((vector) => vector.length))].join(', ');
  throw new ModelFailure(
    `Expected ${count} embeddings of ${dimension} finite numbers, got ${vectors.length} of ${sizes}.`,
    { retryable: false, errorType: 'bad_embedding' },
  );
}

async function* chatOnce(
  openai: OpenAI,
  settings: ModelClientSettings,
  work: Work,
  messages: readonly ChatMessage[],
): AsyncGenerator<string, string> {
  const { clock, metrics, workload } = settings;
  const startedMs = clock.now();
  const span = openSpan(settings, `chat ${workload.model.chatModel}`, work.trace);
  metrics.attempt('chat', work.workClass);
  let finishReason: string | null = null;
  let failure: Failure | undefined;
  let pieces = 0;
  try {
    const stream = await openai.chat.completions.create(
      {
        model: workload.model.chatModel,
        messages: [...messages],
        max_completion_tokens: workload.answer.maxOutputTokens,
        stream: true,
      },
      { signal: work.signal, headers: { ...traceHeaders(span.context), 'x-work-class': work.workClass } },
    );
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      const text = choice?.delta.content;
      if (text) {
        if (pieces++ === 0) metrics.firstChunk(clock.now() - startedMs);
        yield text;
      }
      finishReason = choice?.finish_reason ?? finishReason;
    }
    // The official client takes the end of the connection for the end of the answer, also when it broke or was aborted.
    if (finishReason === null || pieces === 0) throw unfinished(pieces);
    return finishReason;
  } catch (cause) {
    failure = readModelFailure(cause, work, clock.now());
    throw failure;
  } finally {
    const stopped = finishReason === null ? 'stopped' : undefined;
    metrics.duration('chat', clock.now() - startedMs, failure ? errorTypeOf(failure) : stopped);
    span.end(failure);
  }
}

function unfinished(pieces: number): ModelFailure {
  return new ModelFailure(`The answer of the model broke off after ${pieces} pieces.`, {
    retryable: true,
    errorType: 'unfinished',
  });
}

type Failure = ReturnType<typeof readModelFailure>;

function errorTypeOf(failure: Failure): string {
  return failure instanceof ModelFailure ? failure.errorType : failure.code;
}
