import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Resolves when it is free, or when the thread says nothing and is ended. */
  close(): Promise<void>;
  /** Resolves when the thread has ended, by which the port is free, too. */
  readonly lost: Promise<void>;
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

export interface SilentPortsSettings {
  /** Whether the thread starts before anybody asks, and stays; default false. */
  readonly keepsReady?: boolean;
  /** How the thread is started. */
  readonly start?: () => Promise<SilentThread>;
  /** How long the thread may take to start, and for a request; one that takes longer is ended. Default 10 s. */
  readonly limitMs?: number;
}

/** What a thread keeps of a port that it has let go of is freed by its loop only, to which it does not go back: 2 KiB. */
const mostPortsOfThread = 1000;

/**
 * The silent ports of a process. One thread listens on all of them and never goes back to its loop, which would accept. It takes a twentieth of a
 * second to start, so a process of its own may have it ready; else it lives while there are such ports.
 */
export class SilentPorts {
  readonly #keepsReady: boolean;
  readonly #start: () => Promise<SilentThread>;
  readonly #limitMs: number;
  #thread: Promise<SilentThread> | undefined;
  /** That thread, once it has started. */
  #started: SilentThread | undefined;
  #lastId = 0;
  /** Of this thread. */
  #opened = 0;
  /** How many are had, or asked for. */
  #used = 0;

  constructor({ keepsReady = false, start = startThread, limitMs = 10_000 }: SilentPortsSettings = {}) {
    this.#keepsReady = keepsReady;
    this.#start = start;
    this.#limitMs = limitMs;
    if (keepsReady) this.#makeReady();
  }

  /**
   * Listens on an address of the machine, by number. Rejects where it cannot be had, and where the thread cannot be started.
   *
   * @param before called when the thread is there, in front of the request: the port is as it was up to then
   */
  async open(address: Address, before?: () => void): Promise<SilentPort> {
    const id = ++this.#lastId;
    this.#used++;
    try {
      const thread = await this.#threadNow();
      before?.();
      this.#opened++;
      await this.#ask(thread, { id, address });
      return { close: () => this.#close(thread, id), lost: thread.ended };
    } catch (cause) {
      this.#oneLess();
      throw cause;
    }
  }

  async #close(thread: SilentThread, id: number): Promise<void> {
    // One that has ended has let go of it.
    await this.#ask(thread, { id, address: undefined }).catch(() => undefined);
    this.#oneLess();
  }

  async #ask(thread: SilentThread, request: SilentRequest): Promise<void> {
    await this.#inTime(thread.ask(request), 'has not answered', () => {
      // It does nothing else: whoever says nothing here does so to everybody.
      if (this.#started === thread) this.#forget();
      thread.end();
    });
  }

  async #inTime<T>(work: Promise<T>, problem: string, tooLate: () => void): Promise<T> {
    const over = new AbortController();
    const limit = sleep(this.#limitMs, 'late' as const, { ref: false, signal: over.signal });
    const late = limit.then(
      (how) => ({ how }),
      () => ({ how: 'over' as const }),
    );
    const done = work.then((value) => ({ how: 'done' as const, value }));
    const outcome = await Promise.race([done, late]).finally(() => over.abort());
    if (outcome.how === 'done') return outcome.value;
    done.catch(() => undefined);
    tooLate();
    throw new Error(`the silent listener ${problem} for ${this.#limitMs / 1000} s`);
  }

  #forget(): void {
    this.#thread = undefined;
    this.#started = undefined;
  }

  #oneLess(): void {
    this.#used--;
    if (this.#used > 0 || (this.#keepsReady && this.#opened < mostPortsOfThread)) return;
    this.#thread?.then(
      (thread) => thread.end(),
      () => undefined,
    );
    this.#forget();
    if (this.#keepsReady) this.#makeReady();
  }

  /** Where it cannot be started, whoever asks has it tried again, and is told. */
  #makeReady(): void {
    this.#threadNow().catch(() => undefined);
  }

  #threadNow(): Promise<SilentThread> {
    if (this.#thread) return this.#thread;
    // Where there is no memory for it, the platform throws at once.
    const starting = new Promise<SilentThread>((resolve) => resolve(this.#start()));
    const thread = this.#inTime(starting, 'has not started', () => {
      starting.then(
        (late) => late.end(),
        () => undefined,
      );
    });
    this.#thread = thread;
    this.#started = undefined;
    this.#opened = 0;
    const forget = (): void => {
      if (this.#thread === thread) this.#forget();
    };
    thread
      .then((started) => {
        if (this.#thread === thread) this.#started = started;
        return started.ended;
      })
      .then(forget, forget);
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
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const over = (cause: Error): void => {
      isOver = true;
      port.close();
      for (const { reject: tell } of waiting.values()) tell(cause);
      waiting.clear();
      end();
    };
    worker.on('error', over).once('exit', () => over(new Error('the silent listener has ended')));
    worker.unref();
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
