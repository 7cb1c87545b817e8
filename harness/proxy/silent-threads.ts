import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../kit/sibling-module.ts';
import type { Address } from './address.ts';

/** What a thread is sent: the port that it shall take. It takes another when it has let go of that. */
export interface SilentListenerTask {
  readonly address: Address;
  /** One number: 1 to close the port. */
  readonly state: Int32Array;
}

/** What it answers. */
export type SilentListenerMessage =
  { readonly kind: 'up' | 'listening' | 'closed' } | { readonly kind: 'failed'; readonly why: string };

export interface SilentThreadsSettings {
  /** Whether one is ready before anybody asks, and those that are given back are kept; default false. */
  readonly keepsReady?: boolean;
  /** How one is started; default a thread of `silent-listener.ts`. */
  readonly start?: () => Promise<Worker>;
}

interface Waiter {
  resolve(worker: Worker): void;
  reject(cause: unknown): void;
}

/** So many that have let go of their ports are kept for the next ones: each has some megabytes. */
const mostIdle = 4;

/**
 * Threads for doors that fall silent. One takes a twentieth of a second to start, so that a process of its own may have the next one ready, and those that
 * have let go of a port take another. They start one after the other: to begin many in one go holds up everything else.
 */
export class SilentThreads {
  readonly #keepsReady: boolean;
  readonly #startOne: () => Promise<Worker>;
  readonly #idle = new Set<Worker>();
  readonly #waiting: Waiter[] = [];
  #isStarting = false;

  constructor({ keepsReady = false, start = startThread }: SilentThreadsSettings = {}) {
    this.#keepsReady = keepsReady;
    this.#startOne = start;
    this.#startNext();
  }

  /** One that waits for its port, for whoever asked; who asks first is served first. Rejects where none can be started. */
  take(): Promise<Worker> {
    const taken = new Promise<Worker>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const [ready] = this.#idle;
    if (ready) {
      this.#idle.delete(ready);
      this.#serve(ready);
    }
    this.#startNext();
    return taken;
  }

  /** It has let go of its port, or has had none. */
  giveBack(worker: Worker): void {
    if (this.#waiting.length > 0 || (this.#keepsReady && this.#idle.size < mostIdle)) this.#serve(worker);
    else void worker.terminate();
  }

  /** Gives it to the first who waits, or keeps it. */
  #serve(worker: Worker): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(worker);
    else this.#idle.add(worker);
  }

  #startNext(): void {
    const isWanted = this.#waiting.length > 0 || (this.#keepsReady && this.#idle.size === 0);
    if (this.#isStarting || !isWanted) return;
    this.#isStarting = true;
    this.#startOne().then(
      (worker) => {
        worker.once('exit', () => this.#idle.delete(worker));
        this.#started(() => this.giveBack(worker));
      },
      // Where nobody waits yet, the next who does has one started for him, and is told.
      (cause: unknown) => this.#started(() => this.#waiting.shift()?.reject(cause), this.#waiting.length > 1),
    );
  }

  #started(hand: () => void, goesOn = true): void {
    this.#isStarting = false;
    hand();
    if (goesOn) this.#startNext();
  }
}

async function startThread(): Promise<Worker> {
  // Without the options of this process: some, as --input-type, are none for a file.
  const worker = new Worker(siblingModule(import.meta.url, './silent-listener'), { execArgv: [] });
  worker.unref();
  // Who has it listens for himself; one that ends while nobody has it must not end this process.
  worker.on('error', () => undefined);
  await once(worker, 'message');
  return worker;
}
