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

/** So many that have let go of their ports are kept for the next ones: each has some megabytes. */
const mostIdle = 4;

/**
 * Threads for doors that fall silent. One takes a twentieth of a second to start, so that a process of its own may have the next one ready, and those that
 * have let go of a port take another.
 */
export class SilentThreads {
  readonly #keepsOneReady: boolean;
  readonly #idle: Worker[] = [];
  #next: Promise<Worker> | undefined;
  /** One starts after the other: to begin many in one go holds up everything else. */
  #lastStart: Promise<unknown> = Promise.resolve();

  constructor({ keepsOneReady = false } = {}) {
    this.#keepsOneReady = keepsOneReady;
    this.#prepareNext();
  }

  /** One that waits for its port, for whoever asked. */
  async take(): Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const next = this.#next ?? this.#start();
    this.#next = undefined;
    try {
      return await next;
    } finally {
      this.#prepareNext();
    }
  }

  /** It has let go of its port, or has had none. */
  giveBack(worker: Worker): void {
    if (!this.#keepsOneReady || this.#idle.length >= mostIdle) {
      void worker.terminate();
      return;
    }
    this.#idle.push(worker);
  }

  #start(): Promise<Worker> {
    const started = this.#lastStart.then(startThread);
    this.#lastStart = started.catch(() => undefined);
    return started;
  }

  #prepareNext(): void {
    if (!this.#keepsOneReady) return;
    this.#next ??= this.#start();
    // Whoever takes it is told.
    this.#next.catch(() => undefined);
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
