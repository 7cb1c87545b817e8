import { describe, expect, it } from 'vitest';
import { corpusSpec } from '../../../fakes/corpus/corpus-spec.ts';
import { createCorpus } from '../../../fakes/corpus/create-corpus.ts';
import type { Corpus, CorpusDocument, CreateCorpus } from '../../../harness/world/types.ts';

const corpus = createCorpus(corpusSpec({ documents: 300 }), 7);

describe('the corpus', () => {
  it('is the same for the same seed, in whatever order it is asked', () => {
    const again = createCorpus(corpusSpec({ documents: 300 }), 7);
    expect(again.batchDocument(5)).toEqual(corpus.batchDocument(5));
    expect(again.question(41)).toEqual(corpus.question(41));
    expect(again.documents).toEqual(corpus.documents);
  });

  it('is another for another seed', () => {
    expect(createCorpus(corpusSpec({ documents: 300 }), 8).documents[0]).not.toEqual(corpus.documents[0]);
  });

  it('keeps its first documents when there are more of them', () => {
    const larger = createCorpus(corpusSpec({ documents: 400 }), 7);
    expect(larger.documents.slice(0, 300)).toEqual(corpus.documents);
  });

  it('has documents of 240 to 280 characters to ask about', () => {
    for (const document of corpus.documents) {
      expect(document.text.length).toBeGreaterThanOrEqual(240);
      expect(document.text.length).toBeLessThanOrEqual(280);
    }
  });

  it('has batch documents of about 500 tokens', () => {
    for (const document of batch(50)) {
      expect(document.text.length).toBeGreaterThanOrEqual(2000);
      expect(document.text.length).toBeLessThan(2200);
    }
  });

  it('asks for a fact that its document holds and no other document does', () => {
    const everything = [...corpus.documents, ...batch(500)];
    for (let n = 0; n < 100; n++) {
      const question = corpus.question(n);
      const subject = question.text.replace(/^.* of (.*)\?$/, '$1');
      expect(everything.filter((document) => document.text.includes(subject)).map(({ id }) => id)).toEqual([
        question.documentId,
      ]);
      expect(everything.filter((document) => document.text.includes(question.expected)).map(({ id }) => id)).toEqual([
        question.documentId,
      ]);
    }
  });

  it('never gives two documents one id', () => {
    const ids = [...corpus.documents, ...batch(500)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('asks about most of its documents, not about a few', () => {
    const asked = new Set(Array.from({ length: 1000 }, (_, n) => corpus.question(n).documentId));
    expect(asked.size).toBeGreaterThan(270); // 300·(1 − e^(−1000/300)) = 289 are expected
  });

  it('refuses to have no documents at all', () => {
    expect(() => createCorpus(corpusSpec({ documents: 0 }), 1)).toThrow('1 to 10000 documents, not 0');
  });

  it('is made by the module that its spec names', async () => {
    const made = (await import(corpusSpec({ documents: 3 }).module)) as { createCorpus: CreateCorpus };
    expect(made.createCorpus(corpusSpec({ documents: 3 }), 7).documents).toEqual(corpus.documents.slice(0, 3));
  });
});

describe('retrieval by shared words', () => {
  it('finds the right document among the first three for at least 99.5 % of the questions', () => {
    expect(recallAtThree(corpus.documents, countWords)).toBeGreaterThanOrEqual(0.995);
  });

  it('still does so among 600 other documents, with the words hashed into 256 dimensions', () => {
    expect(recallAtThree([...corpus.documents, ...batch(600)], (text) => hashWords(text, 256))).toBeGreaterThanOrEqual(
      0.995,
    );
  });

  it('does not find it when the numbers are taken away, which are all that tells siblings apart', () => {
    const blurred = corpus.documents.map((document) => ({
      ...document,
      text: document.text.replaceAll(/\w+ \w+ \d{4}/g, ''),
    }));
    expect(recallAtThree(blurred, countWords)).toBeLessThan(0.5);
  });
});

function batch(count: number): CorpusDocument[] {
  return Array.from({ length: count }, (_, n) => corpus.batchDocument(n));
}

type Bag = ReadonlyMap<string | number, number>;

/** The share of 400 questions whose document is among the three with the largest cosine. */
function recallAtThree(documents: Corpus['documents'], bagOf: (text: string) => Bag): number {
  const bags = documents.map((document) => ({ id: document.id, bag: bagOf(document.text) }));
  const found = Array.from({ length: 400 }, (_, n) => corpus.question(n)).filter((question) => {
    const asked = bagOf(question.text);
    const ranked = bags.map(({ id, bag }) => ({ id, score: cosine(asked, bag) })).sort((a, b) => b.score - a.score);
    return ranked.slice(0, 3).some(({ id }) => id === question.documentId);
  });
  return found.length / 400;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function countWords(text: string): Bag {
  const bag = new Map<string, number>();
  for (const word of wordsOf(text)) bag.set(word, (bag.get(word) ?? 0) + 1);
  return bag;
}

/** Feature hashing with signs (Weinberger et al. 2009). */
function hashWords(text: string, dimensions: number): Bag {
  const bag = new Map<number, number>();
  for (const word of wordsOf(text)) {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(word)) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
    const slot = (hash >>> 1) % dimensions;
    bag.set(slot, (bag.get(slot) ?? 0) + (hash & 1 ? 1 : -1));
  }
  return bag;
}

function cosine(left: Bag, right: Bag): number {
  let dot = 0;
  for (const [key, value] of left) dot += value * (right.get(key) ?? 0);
  return dot / (lengthOf(left) * lengthOf(right));
}

function lengthOf(bag: Bag): number {
  return Math.hypot(...bag.values());
}
