import { sleepOn, type Clock, type Timer } from '../kit/clock.ts';

interface Waiting {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time for a rehearsal: it stands still, and jumps from timer to timer when it is told to, without a turn of the event loop. */
export class DryClock implements Clock {
  #nowMs = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#waiting.add(entry);
    return { cancel: () => void this.#waiting.delete(entry) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((callback, ms) => this.setTimer(callback, ms), delayMs, signal);
  }

  /** Fires the timer that is due first; false where none is waiting. */
  jump(): boolean {
    let first: Waiting | undefined;
    for (const entry of this.#waiting) if (!first || entry.dueMs < first.dueMs) first = entry;
    if (!first) return false;
    this.#waiting.delete(first);
    this.#nowMs = first.dueMs;
    first.callback();
    return true;
  }
}
