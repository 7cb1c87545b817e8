import { Nearest, type Scored } from './nearest.ts';

/**
 * Vectors of one length, a column for each of their places: going through all of them is what a search is, and a question, embedded by feature
 * hashing, is zero in nine places of ten. So a search reads a tenth of the columns, each from its beginning to its end.
 */
export class VectorTable {
  readonly size: number;
  readonly #columns: Float32Array[];
  /** What each row has come to in the search under way: kept, since searches come by the hundred a second. */
  #sums: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#columns = Array.from({ length: size }, () => new Float32Array(64));
    this.#sums = new Float64Array(64);
  }

  set(row: number, vector: Float32Array): void {
    this.#reserve(row + 1);
    this.#columns.forEach((column, place) => (column[row] = vector[place] ?? 0));
  }

  /** A copy. */
  get(row: number): Float32Array {
    return Float32Array.from(this.#columns, (column) => column[row] ?? 0);
  }

  move(fromRow: number, toRow: number): void {
    for (const column of this.#columns) column[toRow] = column[fromRow] ?? 0;
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
    const sums = this.#products(query, rows);
    for (let row = 0; row < rows; row++) {
      const score = sums[row] ?? 0;
      if (score > nearest.bar && eligible(row)) nearest.offer(row, score);
    }
    return nearest.sorted();
  }

  #products(query: Float32Array, rows: number): Float64Array {
    const sums = this.#sums.fill(0, 0, rows);
    this.#columns.forEach((column, place) => {
      const value = query[place] ?? 0;
      if (value !== 0) addTo(sums, column, value, rows);
    });
    return sums;
  }

  #reserve(rows: number): void {
    if (rows <= this.#sums.length) return;
    this.#sums = new Float64Array(rows * 2);
    this.#columns.forEach((column, place) => {
      const larger = new Float32Array(rows * 2);
      larger.set(column);
      this.#columns[place] = larger;
    });
  }
}

/** Indices stay inside, so the fallbacks of the types never count. */
function addTo(sums: Float64Array, column: Float32Array, factor: number, rows: number): void {
  for (let row = 0; row < rows; row++) sums[row] = (sums[row] ?? 0) + (column[row] ?? 0) * factor;
}

/** To length one; a vector of zeros stays as it is. */
export function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  return length === 0 ? vector : vector.map((value) => value / length);
}
