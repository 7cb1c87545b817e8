import { isBefore, type Sequence } from './sequence.ts';

/** Sequences that wait, the one to be served next first. */
export class WaitingLine {
  readonly #sequences: Sequence[] = [];

  get length(): number {
    return this.#sequences.length;
  }

  get first(): Sequence | undefined {
    return this.#sequences[0];
  }

  /** Puts it where its priority and arrival say: one that was preempted goes before those that came after it. */
  add(sequence: Sequence): void {
    let low = 0;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sequences[middle];
      if (other && isBefore(other, sequence)) low = middle + 1;
      else high = middle;
    }
    if (low === this.#sequences.length) this.#sequences.push(sequence);
    else this.#sequences.splice(low, 0, sequence);
  }

  takeFirst(): void {
    this.#sequences.shift();
  }

  remove(sequence: Sequence): void {
    const index = this.#sequences.indexOf(sequence);
    if (index >= 0) this.#sequences.splice(index, 1);
  }

  /** Empties the line. */
  drain(): Sequence[] {
    return this.#sequences.splice(0);
  }

  /** When the one that has waited longest arrived; null when nobody waits. */
  oldestArrivalMs(): number | null {
    let oldest: number | null = null;
    for (const sequence of this.#sequences) oldest = Math.min(oldest ?? Infinity, sequence.arrivedMs);
    return oldest;
  }
}
