import { z } from 'zod';
import type { ChatMessage } from './chat-answer.ts';
import { estimateTokens } from './words.ts';

const positiveCount = z.number().int().min(1);
const ContentPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(ContentPart)]).nullish(),
});

/** The body of `POST /v1/chat/completions`, as far as this server reads it. `priority` is vLLM's: lower is served earlier. */
export const ChatBody = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: positiveCount.nullish(),
  max_completion_tokens: positiveCount.nullish(),
  n: z.literal(1).nullish(),
  priority: z.number().int().nullish(),
});
export type ChatBody = z.infer<typeof ChatBody>;

const tokens = z.array(z.number().int().min(0)).min(1);

/** The body of `POST /v1/embeddings`: text or token numbers, one or up to 2048 of them. */
export const EmbeddingsBody = z.looseObject({
  model: z.string().min(1),
  // What the official client sends is looked for first: to find a value wrong takes longer than to find it right.
  input: z.union([
    z.array(z.string().min(1)).min(1).max(2048),
    z.string().min(1),
    tokens,
    z.array(tokens).min(1).max(2048),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: positiveCount.max(4096).nullish(),
  priority: z.number().int().nullish(),
});
export type EmbeddingsBody = z.infer<typeof EmbeddingsBody>;

/** The messages as text: parts that are not text are left out. */
export function messagesOf(body: ChatBody): ChatMessage[] {
  return body.messages.map(({ role, content }) => ({
    role,
    text: typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n'),
  }));
}

/** One input of an embeddings request. */
export interface EmbeddingInput {
  readonly text: string;
  readonly tokens: number;
}

export function inputsOf(input: EmbeddingsBody['input']): EmbeddingInput[] {
  if (typeof input === 'string') return [ofText(input)];
  if (input.every((item) => typeof item === 'number')) return [ofTokens(input)];
  return input.map((item) =>
    typeof item === 'string' ? ofText(item) : ofTokens(typeof item === 'number' ? [item] : item),
  );
}

function ofText(text: string): EmbeddingInput {
  return { text, tokens: estimateTokens(text) };
}

function ofTokens(numbers: readonly number[]): EmbeddingInput {
  return { text: numbers.join(' '), tokens: numbers.length };
}
