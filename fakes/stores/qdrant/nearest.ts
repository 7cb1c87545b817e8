/** A row and how near it is. */
export interface Scored {
  readonly row: number;
  readonly score: number;
}

/** Keeps the rows of the highest scores, sorted as they come: most rows are turned away by one comparison. Of equal scores the first stays ahead. */
export class Nearest {
  readonly #scores: Float64Array;
  readonly #rows: Int32Array;
  #size = 0;
  /** What a score has to exceed. */
  bar: number;
  readonly #least: number;

  /** @param least scores below it are left out */
  constructor(count: number, least: number) {
    this.#scores = new Float64Array(count);
    this.#rows = new Int32Array(count);
    this.#least = least;
    this.bar = count === 0 ? Infinity : -Infinity;
  }

  offer(row: number, score: number): void {
    if (score <= this.bar || score < this.#least) return;
    const scores = this.#scores;
    const rows = this.#rows;
    if (this.#size < scores.length) this.#size++;
    let place = this.#size - 1;
    for (; place > 0 && (scores[place - 1] ?? 0) < score; place--) {
      scores[place] = scores[place - 1] ?? 0;
      rows[place] = rows[place - 1] ?? 0;
    }
    scores[place] = score;
    rows[place] = row;
    if (this.#size === scores.length) this.bar = scores[this.#size - 1] ?? Infinity;
  }

  sorted(): readonly Scored[] {
    return Array.from(this.#rows.subarray(0, this.#size), (row, place) => ({ row, score: this.#scores[place] ?? 0 }));
  }
}
