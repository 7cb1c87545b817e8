import type { Clock } from './kit/clock.ts';

/** Something that a run did or that happened to it. */
export interface TrailEntry {
  /** Epoch milliseconds, in the time of the world. */
  readonly atMs: number;
  readonly text: string;
}

/** What a run has done so far, for the moment when it does not get on. A few entries a run. */
export class Trail {
  readonly #clock: Clock;
  readonly #entries: TrailEntry[] = [];
  /** What times are counted from when a person is told of them: the beginning, until the load has one. Epoch milliseconds. */
  originMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.originMs = clock.now();
  }

  note(text: string): void {
    this.#entries.push({ atMs: this.#clock.now(), text });
  }

  get entries(): readonly TrailEntry[] {
    return this.#entries;
  }
}
