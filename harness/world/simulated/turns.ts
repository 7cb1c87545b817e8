import type { Clock } from '../../kit/clock.ts';
import type { Gate, Leaving, Reading, Source } from './gated-stream.ts';

/** A clock, and whether chance decides on it what comes first of what is ready at the same time; default it does not. */
export interface NetworkClock extends Clock {
  readonly interleaves?: boolean;
  /** Lets time not go on; default nobody can. */
  fail?(cause: Error): void;
}

/** Resolves when it is the turn of something that has come through the network. */
export type Turn = () => Promise<void>;

/**
 * Lets chance order what comes at the same time, where the clock does: each thing waits for a timer of its own. Undefined where it does not:
 * everything comes at once then, in the order in which it was sent, and nothing waits.
 */
export function turnsOf(clock: NetworkClock): Turn | undefined {
  return clock.interleaves === true ? () => clock.sleep(0) : undefined;
}

/** A gate whose chunks come when it is their turn. Those of one stream stay in their order. */
export class GateInTurns implements Gate {
  readonly #gate: Gate;
  readonly #turn: Turn;
  #last: Promise<unknown> = Promise.resolve();

  constructor(gate: Gate, turn: Turn) {
    this.#gate = gate;
    this.#turn = turn;
  }

  read(source: Source): Promise<Reading> {
    const before = this.#last;
    const reading = this.#gate.read(source).finally(() => before.then(this.#turn));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  cancel(leaving: Leaving): Promise<void> {
    return this.#gate.cancel(leaving);
  }
}
