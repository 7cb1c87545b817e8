import fs from 'node:fs';
import inspector from 'node:inspector';
import { isMainThread, Worker } from 'node:worker_threads';
import { siblingModule } from '../sibling-module.ts';
import { StuckTime } from './stuck-time.ts';

/** What a person is to be told of a run that cannot go on, on a terminal. */
export type TellStuck = (cause: StuckTime) => string;

/** What the watching thread is handed. */
export interface WatchedTurns {
  /** The name of the symbol by which the watchdog is found among the globals of the main thread. */
  readonly key: string;
  /** How many turns the virtual clock has taken, and how many runs are under way. Shared memory. */
  readonly turns: Int32Array;
  /** How long this process may compute without a turn while a run is under way. Milliseconds of the processor's time. */
  readonly stuckAfterMs: number;
}

/** Where the watchdog of this process is found: by whoever simulates, and by the thread in the frame that it has paused. */
const key = 'gameday.watchdog';

/** Sets the limit. Milliseconds. */
const limitVariable = 'GAMEDAY_STUCK_AFTER_MS';
const defaultStuckAfterMs = 30_000;

/** As `exitCodes.broken` of the command line. */
const brokenCode = 3;

/**
 * Ends this process, with what is known of the run, when code never gives the event loop a turn again: a loop of microtasks, or one without any
 * pause. Nothing in the thread of that code can do so. It is noticed by another thread, one for the process, which reads how many turns the
 * virtual clock has taken; and that thread makes the platform pause the code where it is.
 */
export class Watchdog {
  /** The first counts the turns of the virtual clock that is watched, the second the runs. */
  readonly turns = new Int32Array(new SharedArrayBuffer(8));
  /** Of the runs under way; the first of them is the one that has the clock, and others wait for its end. */
  readonly #tell = new Set<TellStuck>();
  readonly #stuckAfterMs = Number(process.env[limitVariable]) || defaultStuckAfterMs;
  // Kept from before a simulation replaces them.
  readonly #exit = process.exit.bind(process);
  readonly #kill = process.kill.bind(process);
  readonly #write = fs.writeSync.bind(fs);
  #thread: Worker | undefined;

  /** Watches while `work` is under way. Not in another thread than the main one, which no session reaches, nor beside a debugger. */
  async watch<T>(tell: TellStuck, work: () => Promise<T>): Promise<T> {
    if (!isMainThread || inspector.url() !== undefined) return work();
    this.#thread ??= this.#start();
    this.#tell.add(tell);
    this.turns[1] = this.#tell.size;
    try {
      return await work();
    } finally {
      this.#tell.delete(tell);
      this.turns[1] = this.#tell.size;
    }
  }

  /** Called by the thread, in the frame that it has paused. Does not return. */
  end(stack: string): void {
    const stuck = new StuckTime(
      `No turn of the event loop in ${this.#stuckAfterMs / 1000} s of computing, so virtual time cannot go on and this process is ended. What runs and never pauses:\n${stack}`,
    );
    const [tell = String] = this.#tell;
    try {
      this.#write(2, `${tell(stuck)}\n`);
      this.#exit(brokenCode);
    } finally {
      // A runner of tests has an exit of its own, which throws.
      this.#kill(process.pid, 'SIGKILL');
    }
  }

  #start(): Worker {
    const workerData: WatchedTurns = { key, turns: this.turns, stuckAfterMs: this.#stuckAfterMs };
    // What this process was told to load beforehand is nothing to the thread.
    const thread = new Worker(siblingModule(import.meta.url, './watchdog-thread'), { workerData, execArgv: [] });
    thread.unref();
    return thread;
  }
}

/** The watchdog of this process: to start a thread for each run would cost more than many a run. */
export function watchdogOfProcess(): Watchdog {
  const mark = Symbol.for(key);
  const known = Reflect.get(globalThis, mark) as Watchdog | undefined;
  if (known) return known;
  const watchdog = new Watchdog();
  Reflect.set(globalThis, mark, watchdog);
  return watchdog;
}
