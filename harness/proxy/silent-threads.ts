import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../kit/sibling-module.ts';
import type { Address } from './address.ts';

export interface SilentListenerData {
  /** One number: 1 to close the port. */
  readonly state: Int32Array;
}

/** What the thread is sent, once: the port that it shall take. */
export type SilentListenerTask = Address;

/** A thread that waits for its port, see silent-listener.ts. */
export interface SilentThread extends SilentListenerData {
  readonly worker: Worker;
}

/** Threads for doors that fall silent. One takes a twentieth of a second to start, so that a process of its own may have the next one ready. */
export class SilentThreads {
  readonly #keepsOneReady: boolean;
  #next: Promise<SilentThread> | undefined;

  constructor({ keepsOneReady = false } = {}) {
    this.#keepsOneReady = keepsOneReady;
    this.#prepareNext();
  }

  /** One that waits for its port, for whoever asked. */
  async take(): Promise<SilentThread> {
    const next = this.#next ?? startThread();
    this.#next = undefined;
    try {
      return await next;
    } finally {
      this.#prepareNext();
    }
  }

  #prepareNext(): void {
    if (!this.#keepsOneReady) return;
    this.#next ??= startThread();
    // Whoever takes it is told.
    this.#next.catch(() => undefined);
  }
}

async function startThread(): Promise<SilentThread> {
  const state = new Int32Array(new SharedArrayBuffer(4));
  const workerData: SilentListenerData = { state };
  // Without the options of this process: some, as --input-type, are none for a file.
  const worker = new Worker(siblingModule(import.meta.url, './silent-listener'), { workerData, execArgv: [] });
  worker.unref();
  await once(worker, 'message');
  return { worker, state };
}
