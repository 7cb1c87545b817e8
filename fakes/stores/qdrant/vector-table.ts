import { Nearest, type Scored } from './nearest.ts';

/** Vectors of one length in one block of memory: going through all of them is what a search is. */
export class VectorTable {
  readonly size: number;
  #block: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.#block = new Float32Array(size * 64);
  }

  set(row: number, vector: Float32Array): void {
    this.#reserve(row + 1);
    this.#block.set(vector, row * this.size);
  }

  /** A copy. */
  get(row: number): Float32Array {
    return this.#block.slice(row * this.size, (row + 1) * this.size);
  }

  move(fromRow: number, toRow: number): void {
    this.#block.copyWithin(toRow * this.size, fromRow * this.size, (fromRow + 1) * this.size);
  }

  /**
   * The rows with the highest dot product, exactly, the highest first. `eligible` is asked only about rows that are near enough.
   *
   * @param settings.least rows with a lower product are left out
   */
  nearest(
    query: Float32Array,
    settings: { rows: number; count: number; least: number; eligible: (row: number) => boolean },
  ): readonly Scored[] {
    const { rows, count, least, eligible } = settings;
    const nearest = new Nearest(Math.min(count, rows), least);
    const places = nonZeroPlaces(query);
    // Embeddings by feature hashing are zeros for the most part: what is left of a question is then a tenth of the work.
    const isSparse = places.length * 2 < query.length;
    for (let row = 0; row < rows; row++) {
      const from = row * this.size;
      const score = isSparse ? sparseDotAt(this.#block, from, query, places) : dotAt(this.#block, from, query);
      if (score > nearest.bar && eligible(row)) nearest.offer(row, score);
    }
    return nearest.sorted();
  }

  #reserve(rows: number): void {
    if (rows * this.size <= this.#block.length) return;
    const larger = new Float32Array(rows * this.size * 2);
    larger.set(this.#block);
    this.#block = larger;
  }
}

/** Four sums at a time, as none of them waits for another. Indices stay inside, so the fallbacks of the types never count. */
function dotAt(block: Float32Array, from: number, query: Float32Array): number {
  const length = query.length;
  const inFours = length - (length % 4);
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let index = 0;
  for (; index < inFours; index += 4) {
    const at = from + index;
    first += (block[at] ?? 0) * (query[index] ?? 0);
    second += (block[at + 1] ?? 0) * (query[index + 1] ?? 0);
    third += (block[at + 2] ?? 0) * (query[index + 2] ?? 0);
    fourth += (block[at + 3] ?? 0) * (query[index + 3] ?? 0);
  }
  for (; index < length; index++) first += (block[from + index] ?? 0) * (query[index] ?? 0);
  return first + second + (third + fourth);
}

/** The same, over these places only. */
function sparseDotAt(block: Float32Array, from: number, query: Float32Array, places: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < places.length; index++) {
    const place = places[index] ?? 0;
    sum += (block[from + place] ?? 0) * (query[place] ?? 0);
  }
  return sum;
}

function nonZeroPlaces(vector: Float32Array): Int32Array {
  return Int32Array.from(vector.keys()).filter((place) => vector[place] !== 0);
}

/** To length one; a vector of zeros stays as it is. */
export function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dotAt(vector, 0, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}
