import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { siblingModule } from '../kit/sibling-module.ts';
import type { Address } from './address.ts';

/** What the thread is asked: to listen on an address, or to let go of it. */
export interface SilentRequest {
  readonly id: number;
  /** Undefined to let go. */
  readonly address: Address | undefined;
}

/** What it answers: that it is done, or why it cannot be. With `id` 0 that it is there. */
export interface SilentAnswer {
  readonly id: number;
  readonly problem?: string;
}

/** What the thread begins with. */
export interface SilentListenerData {
  readonly port: MessagePort;
  /** One number that goes up with each request, to wake it. */
  readonly requests: Int32Array;
}

/** A port on which somebody listens and nobody accepts. */
export interface SilentPort {
  /** Resolves when it is free. */
  close(): Promise<void>;
}

/** The thread, as whoever asks it sees it. */
export interface SilentThread {
  /** Resolves when that is done. Rejects with why it cannot be, and when the thread has ended. */
  ask(request: SilentRequest): Promise<void>;
  /** Its ports are free. */
  end(): void;
  /** Resolves when it has ended, by whatever. */
  readonly ended: Promise<void>;
}

/**
 * The silent ports of a process. One thread listens on all of them and never goes back to its loop, which would accept. It takes a twentieth of a
 * second to start, so a process of its own may have it ready; else it lives while there are such ports.
 */
export class SilentPorts {
  readonly #keepsReady: boolean;
  readonly #start: () => Promise<SilentThread>;
  #thread: Promise<SilentThread> | undefined;
  #lastId = 0;
  /** How many are had, or asked for. */
  #used = 0;

  constructor({
    keepsReady = false,
    start = startThread,
  }: { readonly keepsReady?: boolean; readonly start?: () => Promise<SilentThread> } = {}) {
    this.#keepsReady = keepsReady;
    this.#start = start;
    // Where it cannot be started, whoever asks has it tried again, and is told.
    if (keepsReady) this.ready().catch(() => undefined);
  }

  /** Resolves when a port can be had at once. Rejects where no thread can be started. */
  async ready(): Promise<void> {
    await this.#threadNow();
  }

  /** Listens on an address of the machine, by number. Rejects where it cannot be had. */
  async open(address: Address): Promise<SilentPort> {
    const id = ++this.#lastId;
    this.#used++;
    try {
      const thread = await this.#threadNow();
      await thread.ask({ id, address });
      return { close: () => this.#close(thread, id) };
    } catch (cause) {
      this.#oneLess();
      throw cause;
    }
  }

  async #close(thread: SilentThread, id: number): Promise<void> {
    // One that has ended has let go of it.
    await thread.ask({ id, address: undefined }).catch(() => undefined);
    this.#oneLess();
  }

  #oneLess(): void {
    this.#used--;
    if (this.#used > 0 || this.#keepsReady) return;
    void this.#thread?.then((thread) => thread.end());
    this.#thread = undefined;
  }

  #threadNow(): Promise<SilentThread> {
    if (this.#thread) return this.#thread;
    const thread = this.#start();
    this.#thread = thread;
    const forget = (): void => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    thread.then(({ ended }) => ended).then(forget, forget);
    return thread;
  }
}

function startThread(): Promise<SilentThread> {
  const { port1: port, port2 } = new MessageChannel();
  const requests = new Int32Array(new SharedArrayBuffer(4));
  const workerData: SilentListenerData = { port: port2, requests };
  // Without the options of this process: some, as --input-type, are none for a file.
  const options = { execArgv: [], workerData, transferList: [port2] };
  const worker = new Worker(siblingModule(import.meta.url, './silent-listener'), options);
  return new Promise((resolve, reject) => {
    const waiting = new Map([[0, { resolve: () => resolve(thread), reject }]]);
    let isOver = false;
    const over = (cause: Error): void => {
      isOver = true;
      port.close();
      for (const { reject: tell } of waiting.values()) tell(cause);
      waiting.clear();
    };
    const ended = new Promise<void>((end) =>
      worker
        .on('error', over)
        .once('exit', () => {
          over(new Error('the silent listener has ended'));
          end();
        })
        .unref(),
    );
    const hear = ({ id, problem }: SilentAnswer): void => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (problem === undefined) asked?.resolve();
      else asked?.reject(new Error(`the silent listener said ${problem}`));
    };
    port.on('message', hear).unref();
    const ask: SilentThread['ask'] = (request) =>
      new Promise((done, fail) => {
        if (isOver) {
          fail(new Error('the silent listener has ended'));
          return;
        }
        waiting.set(request.id, { resolve: done, reject: fail });
        port.postMessage(request);
        Atomics.add(requests, 0, 1);
        Atomics.notify(requests, 0);
      });
    const thread: SilentThread = { ask, ended, end: () => void worker.terminate() };
  });
}
