import { Failure } from '../failure.ts';
import type { ChatMessage } from '../model/model-client.ts';
import type { AnswerSettings } from '../settings.ts';
import type { Passage } from '../store/store.ts';

export interface Prompt {
  readonly messages: readonly ChatMessage[];
  /** An estimate: 4 characters per token. */
  readonly tokens: number;
}

const instructions = 'Answer from the passages only. Name the passage that you used, like [doc-1].';
const noPassages = 'There are no passages at the moment. Say that you cannot look it up.';
/** A longer passage is cut, visibly: three of them, instructions and question make a prompt of about 200 tokens. */
const mostPassageCharacters = 200;

/** The prompt for a question, with the passages numbered and marked with their ids. Throws `bad_input` when it would be too large. */
export function buildPrompt(
  question: string,
  passages: readonly Passage[],
  settings: Pick<AnswerSettings, 'maxPromptTokens'>,
): Prompt {
  const numbered = passages.map((passage, index) => `${index + 1}. [${passage.id}] ${shorten(passage.text)}`);
  const content = [...(numbered.length === 0 ? [noPassages] : numbered), `Question: ${question}`].join('\n');
  const tokens = estimateTokens(instructions) + estimateTokens(content);
  if (tokens > settings.maxPromptTokens)
    throw new Failure(
      'bad_input',
      `The prompt would have ${tokens} tokens; at most ${settings.maxPromptTokens} are allowed.`,
    );
  return {
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content },
    ],
    tokens,
  };
}

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

function shorten(text: string): string {
  return text.length <= mostPassageCharacters ? text : `${text.slice(0, mostPassageCharacters - 1)}…`;
}
