import type { Clock, Timer } from '../../kit/clock.ts';

/** Whoever takes the line has so much of it at most before it is the turn of the next: what passes in this time, or so many bytes. */
const turnMs = 10;
const turnBytes = 16_384;

/** Timers are no finer; a piece that would be through in less goes on at once, and the line owes the difference. */
const timerMs = 1;

/** Somebody whose bytes have to go over the line. */
export interface Traveller {
  /** How many come next in one piece: what came together arrives together. 0 where it has nothing more. */
  readonly nextBytes: number;
  /** So many of them are through. */
  send(bytes: number): void;
}

/** A line with one rate that several share: those who have something to send take turns of the same size. */
export class SharedLine {
  readonly #clock: Clock;
  readonly #waiting: Traveller[] = [];
  #bytesPerMs = 0;
  /** When the line is, or was, done with the last piece: an absolute schedule, so that late timers do not add up. */
  #freeMs = 0;
  /** How many bytes the first of those who wait may still send before it is the turn of the next. */
  #leftOfTurn = 0;
  #timer: Timer | undefined;
  #isSending = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In bytes per millisecond; at 0 nothing moves. */
  setRate(bytesPerMs: number): void {
    if (bytesPerMs === this.#bytesPerMs) return;
    this.#bytesPerMs = bytesPerMs;
    this.#beginTurn();
    this.#startAnew();
  }

  /** Has something to send from now on, until all of it is sent or it leaves. */
  join(traveller: Traveller): void {
    if (this.#waiting.includes(traveller)) return;
    // Time in which nothing was there to be sent earns nothing.
    if (this.#waiting.length === 0) this.#freeMs = Math.max(this.#freeMs, this.#clock.now());
    this.#waiting.push(traveller);
    if (!this.#timer) this.#send();
  }

  leave(traveller: Traveller): void {
    const index = this.#waiting.indexOf(traveller);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    if (index > 0) return;
    this.#beginTurn();
    // What was on the line has gone with it.
    if (this.#timer) this.#startAnew();
  }

  /** The time that passed until now, with a piece or at a rate that is no more, earns nothing. */
  #startAnew(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#freeMs = Math.max(this.#freeMs, this.#clock.now());
    this.#send();
  }

  #send(): void {
    // What is sent may end a connection, and so bring somebody to leave in the middle of this.
    if (this.#isSending) return;
    this.#isSending = true;
    for (let first = this.#waiting[0]; first && this.#bytesPerMs > 0; first = this.#waiting[0]) {
      const bytes = Math.min(first.nextBytes, this.#leftOfTurn);
      const throughMs = this.#freeMs + bytes / this.#bytesPerMs;
      const waitMs = throughMs - this.#clock.now();
      if (waitMs >= timerMs) {
        this.#wait(waitMs);
        break;
      }
      this.#freeMs = throughMs;
      this.#leftOfTurn -= bytes;
      first.send(bytes);
      if (first === this.#waiting[0] && (first.nextBytes === 0 || this.#leftOfTurn === 0)) this.#endTurn(first);
    }
    this.#isSending = false;
  }

  #endTurn(first: Traveller): void {
    this.#waiting.shift();
    if (first.nextBytes > 0) this.#waiting.push(first);
    this.#beginTurn();
  }

  #beginTurn(): void {
    this.#leftOfTurn = Math.min(turnBytes, this.#bytesPerMs * turnMs);
  }

  #wait(waitMs: number): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#send();
    }, Math.ceil(waitMs));
  }
}
