import { contentWords } from './words.ts';

/** A passage as the model reads it. */
export interface ReadPassage {
  /** Each of its words once. */
  readonly words: ReadonlySet<string>;
  readonly sentences: readonly { readonly text: string; readonly words: ReadonlySet<string> }[];
}

export type ReadPassages = (text: string) => ReadPassage;

/** So many passages are kept in mind; then it begins anew. */
const mostKept = 5000;

/** Reads passages, and remembers them: the same ones are given with question after question. */
export function createPassageReader(): ReadPassages {
  const known = new Map<string, ReadPassage>();
  return (text) => {
    const read = known.get(text) ?? readPassage(text);
    if (known.size >= mostKept) known.clear();
    known.set(text, read);
    return read;
  };
}

export function readPassage(text: string): ReadPassage {
  const sentences = text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim().replace(/\s+/g, ' '))
    .filter((sentence) => sentence !== '')
    .map((sentence) => ({ text: sentence, words: new Set(contentWords(sentence)) }));
  return { words: new Set(contentWords(text)), sentences };
}
