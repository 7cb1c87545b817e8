import { readPassage, type ReadPassages } from './read-passage.ts';
import { contentWords } from './words.ts';

/** A message of a chat, as plain text. */
export interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

interface Passage {
  readonly id: string;
  readonly text: string;
}

const ignorance = 'I do not know: none of the passages answers this question.';
const padding = 'This answer rests on the passages that were given and on nothing else.'.split(' ');
/** A passage fits a question when it has at least this share of the question's words. */
const fittingShare = 0.34;

/**
 * What the model says, as exactly `tokens` pieces of text. It reads the passages in the messages, each with its id in square brackets at
 * the start of a line, and the question: what follows the last `Question:` of the last user message, or else its last paragraph. It
 * quotes the sentence that shares most with the question, names the passage as `[id]`, and goes on with neutral words; without a passage
 * that fits it says that it does not know.
 *
 * @param read how passages are read; a server hands in one that remembers them
 */
export function answerPieces(
  messages: readonly ChatMessage[],
  tokens: number,
  read: ReadPassages = readPassage,
): string[] {
  const words = answerFrom(messages, read).split(' ');
  for (let index = 0; words.length < tokens; index++) words.push(padding[index % padding.length] ?? '');
  // An answer that is longer than its tokens keeps all its words: some tokens are then more than one word.
  return Array.from({ length: tokens }, (_, piece) => {
    const from = Math.floor((piece * words.length) / tokens);
    const text = words.slice(from, Math.floor(((piece + 1) * words.length) / tokens)).join(' ');
    return piece === 0 ? text : ` ${text}`;
  });
}

function answerFrom(messages: readonly ChatMessage[], read: ReadPassages): string {
  const { question, context } = split(messages);
  const asked = [...new Set(contentWords(question))];
  const passages = context.flatMap(passagesIn).map(({ id, text }) => ({ id, ...read(text), ofId: contentWords(id) }));
  const has = ({ words, ofId }: (typeof passages)[number], word: string): boolean =>
    words.has(word) || ofId.includes(word);
  // A word that only one passage has says more than one that all have.
  const weights = new Map(
    asked.map((word) => [
      word,
      Math.log(1 + passages.length / Math.max(1, passages.filter((passage) => has(passage, word)).length)),
    ]),
  );
  const weigh = (isIn: (word: string) => boolean): number =>
    asked.reduce((sum, word) => sum + (isIn(word) ? (weights.get(word) ?? 0) : 0), 0);

  let best = { score: 0, answer: ignorance };
  for (const passage of passages) {
    if (asked.filter((word) => has(passage, word)).length < fittingShare * asked.length) continue;
    const inPassage = weigh((word) => has(passage, word));
    for (const { text, words } of passage.sentences) {
      const inSentence = weigh((word) => words.has(word));
      // Where two sentences share as much, the one of the passage that fits better as a whole is meant.
      const score = inSentence === 0 ? 0 : inSentence + inPassage;
      if (score > best.score) best = { score, answer: `${text} [${passage.id}]` };
    }
  }
  return best.answer;
}

/** Takes the question out of the messages. */
function split(messages: readonly ChatMessage[]): { question: string; context: string[] } {
  const last = messages.findLastIndex((message) => message.role === 'user');
  const asking = messages[last]?.text ?? '';
  const others = messages.filter((_, index) => index !== last).map((message) => message.text);
  const label = [...asking.matchAll(/^[ \t]*question[ \t]*:/gim)].at(-1);
  if (label) {
    const rest = asking.slice(label.index + label[0].length).trim();
    return {
      question: rest.split(/\n\s*\n|\n\s*answer\s*:/i)[0] ?? rest,
      context: [...others, asking.slice(0, label.index)],
    };
  }
  const paragraphs = asking.trim().split(/\n\s*\n/);
  return { question: paragraphs.at(-1) ?? '', context: [...others, paragraphs.slice(0, -1).join('\n\n')] };
}

function passagesIn(text: string): Passage[] {
  const marks = [...text.matchAll(/^[ \t]*(?:\d+[.)][ \t]*|[-*][ \t]*)?\[([^[\]\s]+)\][ \t]*:?/gm)];
  return marks.map((mark, index) => ({
    id: mark[1] ?? '',
    text: text.slice(mark.index + mark[0].length, marks[index + 1]?.index).trim(),
  }));
}
