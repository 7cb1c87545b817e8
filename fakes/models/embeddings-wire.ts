import type { OpenCall } from '../part/journal.ts';
import { embedText, toBase64 } from './embed-text.ts';
import { answerError, closeCall, nobody, onHangUp, openCall, readBody, type ModelServer } from './model-call.ts';
import { contextTooLong, engineDead, failure, refusal } from './openai-errors.ts';
import { EmbeddingsBody, inputsOf, type EmbeddingInput } from './openai-schemas.ts';
import { hashText } from './words.ts';

/** `POST /v1/embeddings`, plain or in base64, which the official client asks for by default. */
export async function answerEmbeddings(server: ModelServer, request: Request): Promise<Response> {
  const body = await readBody(request, EmbeddingsBody);
  if (body.kind === 'malformed') return answerError(openCall(server, request, 'embeddings'), body.error);
  const inputs = inputsOf(body.value.input);
  const what = hashText(inputs.map((input) => input.text).join('\n')).toString(16);
  const call = openCall(server, request, `embeddings/${what}`);

  const failing = server.trouble.failCall();
  if (failing) return answerError(call, failure(failing.status), failing.fault);
  const limit = server.settings.engine.maxModelTokens;
  const longest = Math.max(...inputs.map((input) => input.tokens));
  if (longest > limit) return answerError(call, contextTooLong(limit, longest, 'input'));
  return embed(server, request, { call, inputs, body: body.value });
}

interface Embedding {
  readonly call: OpenCall;
  readonly inputs: readonly EmbeddingInput[];
  readonly body: EmbeddingsBody;
}

function embed(server: ModelServer, request: Request, { call, inputs, body }: Embedding): Promise<Response> {
  const promptTokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  return new Promise((resolve) => {
    const submission = server.engine.submit({
      kind: 'embed',
      promptTokens,
      outputTokens: 0,
      priority: body.priority ?? 0,
      onEnd: (result) => {
        closeCall(server, call, result, 'stop');
        if (result.kind === 'aborted') resolve(nobody());
        else if (result.kind === 'dead') resolve(Response.json(engineDead().body, { status: 500 }));
        else resolve(answerOf(server, inputs, body, promptTokens));
      },
    });
    if (submission.kind === 'accepted') {
      onHangUp(request, () => submission.abort());
      return;
    }
    const fault = submission.reason === 'engine dead' ? server.trouble.refusedByDeadEngine() : null;
    resolve(answerError(call, refusal(submission.reason, server.settings.engine, promptTokens), fault));
  });
}

function answerOf(
  server: ModelServer,
  inputs: readonly EmbeddingInput[],
  body: EmbeddingsBody,
  promptTokens: number,
): Response {
  const dimensions = body.dimensions ?? server.settings.embeddingDimensions;
  const data = inputs.map((input, index) => {
    const vector = embedText(input.text, dimensions);
    return {
      object: 'embedding',
      index,
      embedding: body.encoding_format === 'base64' ? toBase64(vector) : Array.from(vector),
    };
  });
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return Response.json(
    { object: 'list', data, model: body.model, usage },
    { headers: { 'x-request-id': server.newId('req') } },
  );
}
