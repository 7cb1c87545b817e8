import { describe, expect, it } from 'vitest';
import { embedText, toBase64 } from '../../../fakes/models/embed-text.ts';

function similarity(left: string, right: string, dimensions = 96): number {
  const other = embedText(right, dimensions);
  return embedText(left, dimensions).reduce((sum, value, place) => sum + value * (other[place] ?? 0), 0);
}

describe('embedText', () => {
  it('gives a vector of length 1, also for a text without words', () => {
    for (const text of ['The colour of Rome', '', '?!', 'the of and']) expect(similarity(text, text)).toBeCloseTo(1, 5);
  });

  it('does not depend on case or on words that say nothing', () => {
    expect(similarity('What is the Service Code of Cedar?', 'service code cedar')).toBeCloseTo(1, 5);
  });

  it('finds the document that shares most words with a question among the three nearest of 400', () => {
    const documents = Array.from(
      { length: 400 },
      (_, n) => `The service code of Pump ${1000 + n} is AB-${n}. Pump ${1000 + n} is new.`,
    );
    const nearest = (question: string): string[] =>
      documents.toSorted((left, right) => similarity(question, right) - similarity(question, left)).slice(0, 3);
    for (const n of [3, 77, 399])
      expect(nearest(`What is the service code of Pump ${1000 + n}?`)).toContain(documents[n]);
  });

  it('is written as little-endian floats in base64', () => {
    const bytes = Buffer.from(toBase64(new Float32Array([1, -2.5])), 'base64');
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([8, 1, -2.5]);
  });
});
