import type { Decision } from './toxics/toxic.ts';

/** A decision and the connection it was taken for: the proxy counts its connections from 1. */
export interface ConnectionDecision extends Decision {
  readonly connection: number;
}

/** The last decisions of a toxic, up to a limit. */
export class DecisionLog {
  readonly #limit: number;
  readonly #ring: ConnectionDecision[] = [];
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many there have been; the list has the last of them. */
  get taken(): number {
    return this.#taken;
  }

  push(decision: ConnectionDecision): void {
    this.#ring[this.#taken % this.#limit] = decision;
    this.#taken += 1;
  }

  list(): readonly ConnectionDecision[] {
    const oldest = this.#taken > this.#limit ? this.#taken % this.#limit : 0;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }
}
