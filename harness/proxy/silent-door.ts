import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { formatAddress, type Address } from './address.ts';
import { ApiError } from './api-error.ts';
import type { SilentListenerMessage, SilentListenerTask } from './silent-threads.ts';

/** Linux takes one connection more than it was asked to; others may take half as many again. */
const mostFillers = 8;

/** Loopback answers a connect before the call that begins it returns, unless the system is busy. */
const silenceMs = 10;

/** Then it may be so late. */
const lateMs = 200;

/** How long the thread may take to have the port. */
const openLimitMs = 10_000;

/** How long the thread may take to close the port: it does nothing else. */
const closeLimitMs = 2000;

/**
 * A port on which connects get no answer: a thread listens there that never accepts, its queue is filled, and the system drops what comes
 * then, so that clients try again and again until they give up. It ends with this process, however that ends.
 */
export class SilentDoor {
  readonly #address: Address;
  /** As in SilentListenerTask. */
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #giveBack: (worker: Worker) => void;
  /** Resolves when the thread listens, or has let go of the port; rejects where it could not have it. */
  readonly #listening = settledLater<undefined>();
  /** Resolves when the thread has let go of the port, or could not have it: to whether it lives. */
  readonly #freed = settledLater<boolean>();
  readonly #fillers: Socket[] = [];
  /** It may have the port, or get it still. */
  #isAsked = false;
  #closing: Promise<void> | undefined;

  /**
   * Nothing is done to the port yet.
   *
   * @param giveBack told when the thread may have another port; one that did not let go is ended
   */
  constructor(address: Address, worker: Worker, giveBack: (worker: Worker) => void) {
    this.#address = address;
    this.#worker = worker;
    this.#giveBack = giveBack;
    // Whoever waits for it is told.
    this.#listening.promise.catch(() => undefined);
    worker.on('message', this.#hear).on('error', this.#end).on('exit', this.#end);
  }

  /** Takes the port, on which nobody may listen any more. Throws an ApiError 500 where connects are answered all the same. Is over when it is closed. */
  async shut(): Promise<void> {
    if (this.#isClosed()) return;
    this.#isAsked = true;
    const task: SilentListenerTask = { address: this.#address, state: this.#state };
    this.#worker.postMessage(task);
    const late = sleep(openLimitMs, 'late' as const, { ref: false });
    if ((await Promise.race([this.#listening.promise, late])) === 'late' && !this.#isClosed())
      throw new ApiError(500, `the silent listener has not answered for ${openLimitMs / 1000} s`);
    for (let left = mostFillers; left > 0; left--) {
      // The port is somebody else's as soon as this is closed: a connect more would be one to them.
      if (this.#isClosed()) return;
      const filler = this.#connect();
      if (await isAnswered(filler, silenceMs)) continue;
      void this.#fillUp(filler, left);
      return;
    }
    if (this.#isClosed()) return;
    throw new ApiError(
      500,
      `connects to ${formatAddress(this.#address)} are answered although nobody accepts them: this system cannot do that`,
    );
  }

  /** Resolves when the port is free. */
  close(): Promise<void> {
    this.#closing ??= this.#letGo();
    return this.#closing;
  }

  async #letGo(): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    Atomics.store(this.#state, 0, 1);
    Atomics.notify(this.#state, 0);
    const late = sleep(closeLimitMs, false, { ref: false });
    const isFree = this.#isAsked ? await Promise.race([this.#freed.promise, late]) : true;
    const worker = this.#worker.off('message', this.#hear).off('error', this.#end).off('exit', this.#end);
    if (isFree) this.#giveBack(worker);
    else void worker.terminate();
  }

  #isClosed(): boolean {
    return Atomics.load(this.#state, 0) === 1;
  }

  /** One that is answered takes a place in the queue. */
  #connect(): Socket {
    const filler = connect(this.#address);
    this.#fillers.push(filler);
    filler.unref();
    filler.on('error', () => undefined);
    return filler;
  }

  /** Where an answer was only late, there may be a place left. */
  async #fillUp(last: Socket, most: number): Promise<void> {
    let filler = last;
    for (let left = most; left > 0 && (await isAnswered(filler, lateMs)) && !this.#isClosed(); left--)
      filler = this.#connect();
    if (filler.connecting) filler.destroy();
  }

  readonly #hear = (message: SilentListenerMessage): void => {
    // It was closed in the middle of this.
    if (message.kind !== 'failed' || this.#isClosed()) this.#listening.resolve(undefined);
    else this.#listening.reject(new ApiError(500, `the silent listener said ${message.why}`));
    if (message.kind !== 'listening') this.#freed.resolve(true);
  };

  readonly #end = (): void => {
    if (this.#isClosed()) this.#listening.resolve(undefined);
    else this.#listening.reject(new ApiError(500, 'the silent listener has ended'));
    this.#freed.resolve(false);
  };
}

interface SettledLater<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(cause: Error): void;
}

function settledLater<T>(): SettledLater<T> {
  let settle: Omit<SettledLater<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, resolve: (value) => settle?.resolve(value), reject: (cause) => settle?.reject(cause) };
}

/** Whether a connect is answered, or given up, within so many milliseconds. */
async function isAnswered(socket: Socket, limitMs: number): Promise<boolean> {
  const over = new Promise<void>((resolve) => socket.once('connect', resolve).once('close', resolve));
  if (socket.connecting) await Promise.race([over, sleep(limitMs, undefined, { ref: false })]);
  // Where this process did not get its turn for so long, the answer is there and has only not been looked at.
  if (socket.connecting) await nextTurn();
  if (socket.connecting) await nextTurn();
  return !socket.connecting;
}
