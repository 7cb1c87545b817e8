import type { Clock } from '../../../../harness/kit/clock.ts';

/** One call as the stand-in saw it. */
export interface ModelCall {
  readonly path: string;
  readonly trace: string;
  readonly workClass: string;
  readonly body: { readonly input?: readonly string[]; readonly messages?: readonly { readonly content: string }[] };
  readonly atMs: number;
  endedMs: number | null;
  ended: 'open' | 'answered' | 'aborted';
  /** Whether it is being worked on. */
  holdsPlace: boolean;
}

export interface StandInModel {
  readonly fetch: typeof fetch;
  readonly calls: ModelCall[];
  /** What the metrics page says; null: there is none. */
  metrics: string | null;
  embedMs: number;
  firstTokenMs: number;
  perTokenMs: number;
  /** How many it works for at a time; the others wait. */
  places: number;
  answer: (prompt: string) => string;
  /** Statuses to answer with, one call each, before anything works; a pair also sets `Retry-After`. */
  readonly failures: (number | readonly [number, string])[];
  /** Leaves out the end of the stream. */
  breakOff: boolean;
}

/** A model server for tests: embeddings of hashed words, and answers that come word by word after a given time. */
export function standInModel(clock: Clock): StandInModel {
  let taken = 0;
  const line: (() => void)[] = [];
  const takePlace = async (call: ModelCall, signal: AbortSignal): Promise<void> => {
    if (taken >= model.places) {
      await new Promise<void>((resolve, reject) => {
        line.push(resolve);
        signal.addEventListener('abort', () => {
          if (line.includes(resolve)) line.splice(line.indexOf(resolve), 1);
          reject(new Error('aborted'));
        });
      });
    }
    taken++;
    call.holdsPlace = true;
  };

  const respond = async (call: ModelCall, signal: AbortSignal): Promise<Response> => {
    const failure = model.failures.shift();
    if (failure !== undefined) {
      const [status, retryAfter] = typeof failure === 'number' ? [failure, null] : failure;
      return Response.json(
        { error: { message: 'no' } },
        { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} },
      );
    }
    if (call.path.endsWith('/embeddings')) {
      await takePlace(call, signal);
      await clock.sleep(model.embedMs, signal);
      const data = (call.body.input ?? []).map((text, index) => ({ index, embedding: base64Of(embed(text)) }));
      return Response.json({ data, model: 'e', object: 'list', usage: { prompt_tokens: 1, total_tokens: 1 } });
    }
    await takePlace(call, signal);
    await clock.sleep(model.firstTokenMs, signal);
    const prompt = (call.body.messages ?? []).map((message) => message.content).join('\n');
    return new Response(streamOf(model.answer(prompt), call, signal), {
      headers: { 'content-type': 'text/event-stream' },
    });
  };

  const streamOf = (answer: string, call: ModelCall, signal: AbortSignal): ReadableStream<Uint8Array> => {
    const encoder = new TextEncoder();
    const send = (controller: ReadableStreamDefaultController<Uint8Array>, data: unknown): void =>
      controller.enqueue(encoder.encode(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`));
    return new ReadableStream({
      start: async (controller) => {
        try {
          for (const [index, word] of answer.split(' ').entries()) {
            if (index > 0) await clock.sleep(model.perTokenMs, signal);
            send(controller, { choices: [{ index: 0, delta: { role: 'assistant', content: `${word} ` } }] });
          }
          if (!model.breakOff) {
            send(controller, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
            send(controller, '[DONE]');
          }
          end(call, 'answered');
          controller.close();
        } catch (cause) {
          end(call, 'aborted');
          controller.error(cause);
        }
      },
    });
  };

  const end = (call: ModelCall, how: 'answered' | 'aborted'): void => {
    if (call.ended !== 'open') return;
    if (call.holdsPlace) taken--;
    if (taken < model.places) line.shift()?.();
    call.ended = how;
    call.endedMs = clock.now();
  };

  const model: StandInModel = {
    calls: [],
    ...{ metrics: null, embedMs: 5, firstTokenMs: 50, perTokenMs: 10, places: Infinity, failures: [], breakOff: false },
    answer: (prompt) => `See ${/\[[\w-]+\]/.exec(prompt.split('\n')[1] ?? '')?.[0] ?? 'nothing'} for it.`,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.pathname === '/metrics')
        return new Response(model.metrics, { status: model.metrics === null ? 404 : 200 });
      const request = new Request(input, init);
      const signal = init?.signal ?? new AbortController().signal;
      const call: ModelCall = {
        path: url.pathname,
        trace: request.headers.get('traceparent')?.split('-')[1] ?? '',
        workClass: request.headers.get('x-work-class') ?? '',
        body: (await request.json()) as ModelCall['body'],
        ...{ atMs: clock.now(), endedMs: null, ended: 'open', holdsPlace: false },
      };
      model.calls.push(call);
      try {
        const response = await respond(call, signal);
        if (!call.path.endsWith('/completions') || !response.ok) end(call, 'answered');
        return response;
      } catch (cause) {
        end(call, 'aborted');
        throw cause;
      }
    },
  };
  return model;
}

/** The page of a model server with so many blocks of 16 tokens. */
export function metricsPage(figures: { blocks: number; usage?: number; preemptions?: number }): string {
  const { blocks, usage = 0, preemptions = 0 } = figures;
  return [
    `vllm:cache_config_info{block_size="16",num_gpu_blocks="${blocks}"} 1`,
    `vllm:kv_cache_usage_perc{model_name="m",engine="0"} ${usage}`,
    'vllm:num_requests_waiting{model_name="m",engine="0"} 0',
    `vllm:num_preemptions_total{model_name="m",engine="0"} ${preemptions}`,
  ].join('\n');
}

function embed(text: string): Float32Array {
  const vector = new Float32Array(96);
  for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
    let hash = 7;
    for (const character of word) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
    vector[hash % 96] = (vector[hash % 96] ?? 0) + 1;
  }
  return vector;
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64');
}
