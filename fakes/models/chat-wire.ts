import type { OpenCall } from '../part/journal.ts';
import { answerPieces, type ChatMessage } from './chat-answer.ts';
import { createEventStream } from './event-stream.ts';
import { answerError, closeCall, nobody, onHangUp, openCall, readBody, type ModelServer } from './model-call.ts';
import { engineDead, failure, refusal } from './openai-errors.ts';
import { ChatBody, messagesOf } from './openai-schemas.ts';
import type { EngineResult, EngineWork } from './sequence.ts';
import { estimateTokens, hashText } from './words.ts';

/** One question on its way. */
interface Chat {
  readonly call: OpenCall;
  readonly request: Request;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly finishReason: 'stop' | 'length';
  readonly includeUsage: boolean;
  readonly priority: number;
}

/** `POST /v1/chat/completions`, plain or streamed. */
export async function answerChat(server: ModelServer, request: Request): Promise<Response> {
  const body = await readBody(request, ChatBody);
  if (body.kind === 'malformed') return answerError(openCall(server, request, 'chat'), body.error);
  const messages = messagesOf(body.value);
  const what = hashText(messages.map(({ role, text }) => `${role}: ${text}`).join('\n')).toString(16);
  const call = openCall(server, request, `chat/${what}`);

  const failing = server.trouble.failCall();
  if (failing) return answerError(call, failure(failing.status), failing.fault);
  const { answerTokens } = server.settings;
  const limit = body.value.max_completion_tokens ?? body.value.max_tokens ?? Infinity;
  const chat: Chat = {
    call,
    request,
    model: body.value.model,
    messages,
    promptTokens: messages.reduce((sum, message) => sum + estimateTokens(message.text), 0),
    outputTokens: Math.min(limit, answerTokens),
    finishReason: limit < answerTokens ? 'length' : 'stop',
    includeUsage: body.value.stream_options?.include_usage ?? false,
    priority: body.value.priority ?? 0,
  };
  return body.value.stream ? stream(server, chat) : complete(server, chat);
}

/** Hands the chat to the engine. Gives the refusal as an answer, or undefined when it was accepted. */
function submit(
  server: ModelServer,
  chat: Chat,
  hear: { onToken?: EngineWork['onToken']; onEnd: EngineWork['onEnd']; onAccepted?: (abort: () => void) => void },
): Response | undefined {
  const { call, promptTokens, outputTokens, priority } = chat;
  const { onEnd, onToken } = hear;
  const work = { kind: 'generate' as const, promptTokens, outputTokens, priority, onEnd };
  const submission = server.engine.submit(onToken ? { ...work, onToken } : work);
  if (submission.kind === 'accepted') {
    hear.onAccepted?.(() => submission.abort());
    onHangUp(chat.request, () => submission.abort());
    return undefined;
  }
  const fault = submission.reason === 'engine dead' ? server.trouble.refusedByDeadEngine() : null;
  return answerError(call, refusal(submission.reason, server.settings.engine, promptTokens + outputTokens), fault);
}

function complete(server: ModelServer, chat: Chat): Promise<Response> {
  return new Promise((resolve) => {
    const refused = submit(server, chat, {
      onEnd: (result) => {
        closeCall(server, chat.call, result, chat.finishReason);
        if (result.kind === 'aborted') resolve(nobody());
        else if (result.kind === 'dead') resolve(Response.json(engineDead().body, { status: 500 }));
        else resolve(completionOf(server, chat));
      },
    });
    if (refused) resolve(refused);
  });
}

function completionOf(server: ModelServer, chat: Chat): Response {
  const id = server.newId('chatcmpl');
  const message = { role: 'assistant', content: piecesOf(server, chat).join(''), refusal: null };
  const choice = { index: 0, message, logprobs: null, finish_reason: chat.finishReason };
  return Response.json(
    {
      id,
      object: 'chat.completion',
      created: Math.floor(server.clock.now() / 1000),
      model: chat.model,
      choices: [choice],
      usage: usageOf(chat),
    },
    { headers: { 'x-request-id': server.newId('req') } },
  );
}

/** The events are put together from prepared text: a streamed token is the hottest path of this server. */
function stream(server: ModelServer, chat: Chat): Response {
  const id = server.newId('chatcmpl');
  const created = Math.floor(server.clock.now() / 1000);
  const head = `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(chat.model)}`;
  const rest = chat.includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  const event = (delta: string, finish: string): string =>
    `${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}${rest}`;
  const afterToken = `"},"logprobs":null,"finish_reason":null}${rest}`;
  const beforeToken = `${head},"choices":[{"index":0,"delta":{"content":"`;

  let abort = (): void => undefined;
  const events = createEventStream(() => abort());
  let pieces: readonly string[] = [];
  const onToken = (index: number): void => {
    if (index === 0) pieces = piecesOf(server, chat);
    const token = beforeToken + JSON.stringify(pieces[index] ?? '').slice(1, -1) + afterToken;
    events.send(index === 0 ? event('{"role":"assistant","content":""}', 'null') + token : token);
  };
  const onEnd = (result: EngineResult): void => {
    closeCall(server, chat.call, result, chat.finishReason);
    if (result.kind === 'dead') events.send(`data: ${JSON.stringify(engineDead().body)}\n\ndata: [DONE]\n\n`);
    if (result.kind === 'finished') {
      const usage = chat.includeUsage ? `${head},"choices":[],"usage":${JSON.stringify(usageOf(chat))}}\n\n` : '';
      events.send(`${event('{}', `"${chat.finishReason}"`)}${usage}data: [DONE]\n\n`);
    }
    events.end();
  };
  const refused = submit(server, chat, { onToken, onEnd, onAccepted: (own) => (abort = own) });
  if (refused) return refused;
  return new Response(events.body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-request-id': server.newId('req'),
    },
  });
}

/** The text of each token; where the request limits them, what comes first of the whole answer. */
function piecesOf(server: ModelServer, chat: Chat): string[] {
  return answerPieces(chat.messages, server.settings.answerTokens, server.readPassage).slice(0, chat.outputTokens);
}

function usageOf(chat: Chat): { prompt_tokens: number; completion_tokens: number; total_tokens: number } {
  const { promptTokens, outputTokens } = chat;
  return { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens };
}
