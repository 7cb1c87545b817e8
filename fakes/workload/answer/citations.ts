import type { Passage } from '../store/store.ts';

/** The passages that an answer names, like `[doc-12]`, in the order of the answer. An id that was not given to the model does not count. */
export function findCitations(answer: string, passages: readonly Passage[]): readonly string[] {
  const known = new Set(passages.map((passage) => passage.id));
  const named = [...answer.matchAll(/\[([\w.:-]+)\]/g)].map(([, id]) => id ?? '');
  return [...new Set(named)].filter((id) => known.has(id));
}
