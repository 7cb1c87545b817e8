import type { DeadLetter, Store, StoredDocument } from './store.ts';

/** A store that forgets when the process ends: for tests and for the simulated world. */
export function createMemoryStore(): Store {
  const documents = new Map<string, StoredDocument>();
  const cursors = new Map<string, string>();
  const letters = new Map<string, DeadLetter>();
  return {
    prepare: () => Promise.resolve(),
    upsert: (given) => {
      for (const document of given) {
        if ((documents.get(document.id)?.version ?? -Infinity) < document.version) documents.set(document.id, document);
      }
      return Promise.resolve();
    },
    search: (embedding, count) =>
      Promise.resolve(
        [...documents.values()]
          .map((document) => ({ document, score: cosine(document.embedding, embedding) }))
          .sort((left, right) => right.score - left.score)
          .slice(0, count)
          .map(({ document: { id, title, text } }) => ({ id, title, text })),
      ),
    list: () => Promise.resolve([...documents.values()].map(({ id, version }) => ({ id, version }))),
    cursor: (source) => Promise.resolve(cursors.get(source) ?? null),
    saveCursor: (source, cursor) => {
      cursors.set(source, cursor);
      return Promise.resolve();
    },
    deadLetters: () => Promise.resolve([...letters.values()]),
    putDeadLetter: (letter) => {
      if ((letters.get(letter.id)?.version ?? -Infinity) <= letter.version) letters.set(letter.id, letter);
      return Promise.resolve();
    },
    removeDeadLetter: ({ id, version }) => {
      if ((letters.get(id)?.version ?? Infinity) <= version) letters.delete(id);
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  };
}

function cosine(left: readonly number[], right: readonly number[]): number {
  let dot = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    dot += value * other;
    leftSquares += value * value;
    rightSquares += other * other;
  }
  return dot / (Math.sqrt(leftSquares * rightSquares) || 1);
}
