import { contentWords, hashText } from './words.ts';

/**
 * A text as a vector of length 1: each of its words is hashed to one place and one sign (feature hashing, Weinberger et al. 2009), so
 * texts that share words are close, and the same text always gives the same vector. Words that are likely to be rare count for more:
 * long ones, and above all those with digits. A text without words gives the first unit vector.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const counts = new Map<string, number>();
  for (const word of contentWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const [word, count] of counts) {
    const hash = hashText(word);
    const place = (hash >>> 1) % dimensions;
    const weight = rarity(word) * (1 + Math.log(count));
    vector[place] = (vector[place] ?? 0) + (hash & 1 ? weight : -weight);
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) vector[0] = 1;
  else for (let place = 0; place < dimensions; place++) vector[place] = (vector[place] ?? 0) / Math.sqrt(squares);
  return vector;
}

function rarity(word: string): number {
  if (/\d/.test(word)) return 2.5;
  return word.length >= 7 ? 1.5 : 1;
}

/** Little-endian 32-bit floats in base64, as `encoding_format: "base64"` of OpenAI has it. */
export function toBase64(vector: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, index) => bytes.setFloat32(index * 4, value, true));
  return Buffer.from(bytes.buffer).toString('base64');
}
