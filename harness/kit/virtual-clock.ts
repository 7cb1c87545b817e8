import TinyQueue from 'tinyqueue';
import { sleepOn, type Clock, type Timer } from './clock.ts';
import { markTurn } from './virtual/clock-turn.ts';
import { StuckTime } from './virtual/stuck-time.ts';
import { TimerOwners } from './virtual/timer-owners.ts';

interface Scheduled {
  readonly dueMs: number;
  /** Where it stands among those of the same time, where chance decides that; else 0. */
  readonly order: number;
  readonly sequence: number;
  /** How many timers led to it, each of which was set by the one before for hardly any time later. */
  readonly links: number;
  /** Undefined once it has fired or was cancelled. */
  callback: (() => void) | undefined;
}

export interface VirtualClockSettings {
  /** Chance in [0, 1): permutes timers of the same time, and so finds races. Default: in the order in which they were set. */
  readonly interleave?: () => number;
  /** Its first number is how many turns of the event loop have been taken; whoever else reads it sees whether they go on. Default nobody does. */
  readonly turns?: Int32Array;
}

/** Taken before anything can replace it: the turns of the event loop are what virtual time waits for. */
const nextTurn = setImmediate;

/** Timers that one turn of the event loop may fire. The platform runs promises and ticks that are ready between any two of them. */
const timersPerTurn = 64;

/** Turns that nothing may happen in before virtual time is said to stand still: work of the platform that is under way gets its chance. */
const idleTurns = 4;

/** So many timers within a millisecond are a loop that never gets on, and so are as many that set one another: a run fires a few thousand at most. */
const mostAtOnce = 100_000;

/** A timer that is set for less than this does not get time on. A loop of longer ones comes to the limit of a run in a minute. Milliseconds. */
const hardlyAnyMs = 0.01;

/** Of a loop so many timers are looked at: each stack costs some microseconds, so none is taken before. */
const stacksOfALoop = 200;

/** Of a run that does not end so many, and for so long at most: who waits for a minute each time is to be seen beside who does not. */
const stacksOfARun = 20_000;
const longestLookMs = 3_600_000;

/**
 * A clock that stands still until it is told to go on, and then jumps from timer to timer. Timers due at the same time fire in the order
 * in which they were set, unless chance is asked. Between two timers every promise that is ready runs first.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  #pending = 0;
  /** Timers that have fired within a millisecond from `#sinceMs` on. */
  #atOnce = 0;
  #sinceMs = 0;
  /** Those of the timer that fired last. Whatever is set until the next one fires was set because of it. */
  #links = 0;
  /** Why it does not go on. */
  #failure: Error | undefined;
  /** Who sets timers, once something has gone wrong. */
  #owners: TimerOwners | undefined;
  #taken = 0;
  readonly #turns: Int32Array;
  readonly #startMs: number;
  readonly #interleave: (() => number) | undefined;
  readonly #queue = new TinyQueue<Scheduled>([], compare);

  /** @param startMs what `now()` says first; default 0, so that times in a test are plain offsets. */
  constructor(startMs = 0, { interleave, turns = new Int32Array(1) }: VirtualClockSettings = {}) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
    this.#interleave = interleave;
    this.#turns = turns;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Whether chance decides what comes first of what is ready at the same time. */
  get interleaves(): boolean {
    return this.#interleave !== undefined;
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#pending;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry: Scheduled = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#interleave?.() ?? 0,
      sequence: this.#sequence++,
      links: delayMs < hardlyAnyMs ? this.#links + 1 : 0,
      callback,
    };
    this.#queue.push(entry);
    this.#pending += 1;
    this.#owners?.note(entry.dueMs - this.#startMs);
    return { cancel: () => this.#cancel(entry) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((callback, ms) => this.setTimer(callback, ms), delayMs, signal);
  }

  /** Moves time on by `byMs`, firing every timer that falls due on the way. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await this.#drive(untilMs, () => false);
    this.#nowMs = untilMs;
  }

  /**
   * Moves time on until `work` settles, and returns what it gave.
   *
   * @param limitMs how much time may pass at most; default without limit
   * @throws StuckTime when nothing is scheduled that could settle it, when time does not get on because timers are set for
   *   now again and again, and when the limit is over; the last two with the stacks of who sets timers
   */
  async run<T>(work: Promise<T>, limitMs = Infinity): Promise<T> {
    const state = { isDone: false };
    const finished = work.finally(() => (state.isDone = true));
    finished.catch(() => undefined); // observed below; here only so that it never counts as unhandled
    const untilMs = this.#nowMs + limitMs;
    await this.#drive(untilMs, () => state.isDone);
    if (state.isDone) return finished;
    if (this.#pending > 0) throw await this.#endless(`after ${limitMs} ms the work is not settled`, untilMs);
    throw new StuckTime(
      `Virtual time stands still ${Math.round(this.#nowMs - this.#startMs)} ms after virtual time began: the work is not settled and no timer is waiting that could settle it.`,
    );
  }

  /** Lets time not go on: whoever drives it gets the cause. */
  fail(cause: Error): void {
    this.#failure ??= cause;
  }

  /** Fires what is due, until `isDone` or until nothing is due by `untilMs` any more. Rejects when a callback throws. */
  #drive(untilMs: number, isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let scheduled = 0;
      let idle = 0;
      let isOver = false;
      const schedule = (count: number): void => {
        for (; scheduled < count; scheduled++) nextTurn(turn);
      };
      const turn = (): void => {
        scheduled -= 1;
        if (isOver) return;
        this.#turns[0] = this.#taken++;
        try {
          this.#checkFailure();
          idle = !isDone() && this.#fireNext(untilMs) ? 0 : idle + 1;
        } catch (cause) {
          isOver = true;
          reject(cause instanceof Error ? cause : new Error(String(cause)));
          return;
        }
        if (isDone() || (idle > idleTurns && scheduled === 0)) {
          isOver = true;
          this.#links = 0;
          resolve();
        } else if (scheduled === 0) {
          // When nothing is due the turns come one at a time, since each of them is a wait.
          schedule(idle > 0 ? 1 : timersPerTurn);
        }
      };
      markTurn(turn);
      schedule(1);
    });
  }

  /** Fires the next timer that is due by `untilMs`; false where there is none. */
  #fireNext(untilMs: number): boolean {
    for (let next = this.#queue.peek(); next && next.dueMs <= untilMs; next = this.#queue.peek()) {
      this.#queue.pop();
      const { callback } = next;
      if (!callback) continue;
      next.callback = undefined;
      this.#pending -= 1;
      this.#nowMs = next.dueMs;
      this.#links = next.links;
      callback();
      this.#checkProgress(next);
      return true;
    }
    return false;
  }

  #checkFailure(): void {
    const cause = this.#failure;
    this.#failure = undefined;
    if (cause) throw cause;
  }

  /** Throws when time does not get on any more. */
  #checkProgress({ dueMs, links }: Scheduled): void {
    if (dueMs < this.#sinceMs + 1) this.#atOnce += 1;
    else {
      this.#atOnce = 1;
      this.#sinceMs = dueMs;
    }
    const most = Math.max(this.#atOnce, links);
    if (most < mostAtOnce) return;
    this.#owners ??= new TimerOwners();
    if (most < mostAtOnce + stacksOfALoop) return;
    const owners = this.#owners;
    this.#owners = undefined;
    const sinceMs = Math.round(dueMs - this.#startMs);
    const stuck = endless(
      this.#atOnce > mostAtOnce
        ? `${mostAtOnce} timers have fired ${sinceMs} ms after virtual time began, and there are always more for the same millisecond`
        : `${mostAtOnce} timers, the last of them ${sinceMs} ms after virtual time began, have been set by one another for less than ${hardlyAnyMs} ms later`,
      owners,
    );
    this.#atOnce = 0;
    throw stuck;
  }

  /** Lets time go on until every timer that waits has fired, but for a second at least, to see who sets timers. */
  async #endless(what: string, untilMs: number): Promise<StuckTime> {
    const owners = new TimerOwners();
    this.#owners = owners;
    const lastMs = this.#queue.data.reduce((last, { callback, dueMs }) => (callback ? Math.max(last, dueMs) : last), 0);
    const lookMs = Math.min(Math.max(lastMs - untilMs, 1000), longestLookMs);
    await this.#drive(untilMs + lookMs, () => owners.count >= stacksOfARun);
    this.#owners = undefined;
    return endless(`${what}, and ${this.#pending} timers are waiting`, owners);
  }

  /** It stays in the queue, emptied, until its time comes: searching for it would take longer. */
  #cancel(entry: Scheduled): void {
    if (!entry.callback) return;
    entry.callback = undefined;
    this.#pending -= 1;
  }
}

function compare(left: Scheduled, right: Scheduled): number {
  return left.dueMs - right.dueMs || left.order - right.order || left.sequence - right.sequence;
}

function endless(what: string, owners: TimerOwners): StuckTime {
  const seen = owners.describe();
  const told =
    seen.length > 0 ? ` Timers are set by (times count from when virtual time began):\n${seen.join('\n')}` : '';
  return new StuckTime(`Virtual time does not come to an end: ${what}.${told}`);
}
