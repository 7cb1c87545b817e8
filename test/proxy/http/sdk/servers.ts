import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { realClock } from '../../support.ts';

/** What every server here answers. Its second piece has a character of two bytes. */
export const pieces = ['Good', ' grüße', ' to', ' you'];
export const answer = pieces.join('');

/** Pieces of a stream come one by one, as those of a model do; so what passed before a fault has arrived. */
const everyMs = 10;

/** A vendor's service: its head for streams, its events, and what it answers at once. */
export interface Service {
  readonly contentType: string;
  readonly events: readonly Buffer[];
  /** The answer to a request that asks for no stream; by the last part of its path. */
  plain(path: string): unknown;
  /** Whether a request asks for a stream. */
  streams(path: string, body: string): boolean;
}

/** Puts something between the events of a stream and its response, as compression does. */
export type Dress = (incoming: IncomingMessage, response: ServerResponse) => NodeJS.WritableStream;

/** Answers as a service does. */
export function serve(service: Service, dress: Dress = (_incoming, response) => response): RequestListener {
  return (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const path = incoming.url ?? '';
      if (service.streams(path, Buffer.concat(chunks).toString()))
        void stream(service, response, dress(incoming, response));
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(service.plain(path)));
    });
  };
}

async function stream(service: Service, response: ServerResponse, body: NodeJS.WritableStream): Promise<void> {
  response.setHeader('content-type', service.contentType);
  for (const event of service.events) {
    if (response.destroyed) return;
    body.write(event);
    await realClock.sleep(everyMs);
  }
  body.end();
}

const saysStream = (_path: string, body: string): boolean => body.includes('"stream":true');

function chatChunk(delta: object, finishReason: string | null = null): Buffer {
  const choice = { index: 0, delta, finish_reason: finishReason };
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-test', choices: [choice] };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}

const [firstPiece = '', ...laterPieces] = pieces;

/** OpenAI's chat completions and embeddings. Events of a stream: 1 to 4 the text, the role with the first, 5 why it finished, 6 `[DONE]`. */
export const openaiService: Service = {
  contentType: 'text/event-stream; charset=utf-8',
  events: [
    chatChunk({ role: 'assistant', content: firstPiece }),
    ...laterPieces.map((content) => chatChunk({ content })),
    chatChunk({}, 'stop'),
    Buffer.from('data: [DONE]\n\n'),
  ],
  plain: (path) =>
    path.endsWith('/embeddings')
      ? { object: 'list', model: 'embed-test', data: [{ object: 'embedding', index: 0, embedding: [1, 0] }] }
      : {
          ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-test' },
          choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
        },
  streams: saysStream,
};

function named(type: string, data: object = {}): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
}

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test', stop_sequence: null };

/** Anthropic's messages. Events of a stream: 1 to 3 come before the text, 4 to 7 are the text, 8 to 10 end block, message and stream. */
export const anthropicService: Service = {
  contentType: 'text/event-stream; charset=utf-8',
  events: [
    named('message_start', {
      message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
    }),
    named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    named('ping'),
    ...pieces.map((text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    named('content_block_stop', { index: 0 }),
    named('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } }),
    named('message_stop'),
  ],
  plain: () => ({
    ...{ ...message, content: [{ type: 'text', text: answer }], stop_reason: 'end_turn' },
    usage: { input_tokens: 3, output_tokens: 9 },
  }),
  streams: saysStream,
};

const codec = new EventStreamCodec(
  (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8'),
  (text: string) => Buffer.from(text, 'utf8'),
);

function frame(type: string, data: object): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value });
  const headers = {
    ...{ ':message-type': text('event'), ':event-type': text(type) },
    ':content-type': text('application/json'),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(data)) }));
}

/** Bedrock's converse. Events of a stream: 1 begins, 2 to 5 are the text, 6 ends its block, 7 the message, 8 has figures. */
export const bedrockService: Service = {
  contentType: 'application/vnd.amazon.eventstream',
  events: [
    frame('messageStart', { role: 'assistant' }),
    ...pieces.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage: { inputTokens: 3, outputTokens: 9, totalTokens: 12 }, metrics: { latencyMs: 40 } }),
  ],
  plain: () => ({
    output: { message: { role: 'assistant', content: [{ text: answer }] } },
    ...{ stopReason: 'end_turn', usage: { inputTokens: 3, outputTokens: 9, totalTokens: 12 } },
    metrics: { latencyMs: 40 },
  }),
  streams: (path) => path.endsWith('-stream'),
};

/** What Bedrock adds to the last chunk of a model. */
const metrics = { inputTokenCount: 3, outputTokenCount: 9, invocationLatency: 40, firstByteLatency: 10 };
const last = { 'amazon-bedrock-invocationMetrics': metrics };

/** How models answer `InvokeModelWithResponseStream`, each in words of its own. */
const invoked = {
  /** As Anthropic's own stream, without its ping. Events: 1 and 2 come before the text, 3 to 6 are the text, 7 to 9 end block, message and stream. */
  claude: [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } },
    { type: 'message_stop', ...last },
  ],
  /** As those of converse, each in an object. Events: 1 begins, 2 to 5 are the text, 6 ends its block, 7 the message, 8 has figures. */
  nova: [
    { messageStart: { role: 'assistant' } },
    ...pieces.map((text) => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } })),
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: { inputTokens: 3, outputTokens: 9 } }, ...last },
  ],
  /** Events: 1 to 4 are the text; the last of it ends the stream. */
  titan: pieces.map((outputText, index) => ({
    ...{ outputText, index: 0, totalOutputTextTokenCount: index === 3 ? 9 : null },
    ...{ completionReason: index === 3 ? 'FINISH' : null, inputTextTokenCount: index === 0 ? 3 : null },
    ...(index === 3 ? last : {}),
  })),
  /** Events: 1 to 4 are the text, 5 ends the stream. */
  llama: [
    ...pieces.map((generation) => ({
      generation,
      prompt_token_count: null,
      generation_token_count: 1,
      stop_reason: null,
    })),
    { generation: '', prompt_token_count: null, generation_token_count: 9, stop_reason: 'stop', ...last },
  ],
} satisfies Record<string, readonly object[]>;

export type InvokedModel = keyof typeof invoked;

/** Bedrock's models by their own words: each frame is a `chunk` of base64, with a padding that hides its length. */
export function invokedService(model: InvokedModel): Service {
  return {
    ...bedrockService,
    events: invoked[model].map((event, index) => {
      const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
      return frame('chunk', { bytes, p: 'abcdefghijklm'.slice(0, index) });
    }),
  };
}
