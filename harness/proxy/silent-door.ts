import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { formatAddress, type Address } from './address.ts';
import { ApiError } from './api-error.ts';
import type { SilentListenerTask, SilentThread } from './silent-threads.ts';

type Message = { readonly kind: 'listening' | 'closed' } | { readonly kind: 'failed'; readonly why: string };

/** Linux takes one connection more than it was asked to; others may take half as many again. */
const mostFillers = 8;

/** Loopback answers a connect before the call that begins it returns, unless the system is busy. */
const silenceMs = 10;

/** Then it may be so late. */
const lateMs = 200;

/** How long the thread may take to close the port: it does nothing else. */
const closeLimitMs = 2000;

/**
 * A port on which connects get no answer: a thread listens there that never accepts, its queue is filled, and the system drops what comes
 * then, so that clients try again and again until they give up. It ends with this process, however that ends.
 */
export class SilentDoor {
  readonly #address: Address;
  readonly #state: Int32Array;
  readonly #worker: Worker;
  /** Resolves when the thread has let go of the port, or could not have it. */
  readonly #freed: Promise<void>;
  readonly #fillers: Socket[] = [];
  /** It may have the port, or get it still. */
  #isAsked = false;

  /** Nothing is done to the port yet. */
  constructor(address: Address, { worker, state }: SilentThread) {
    this.#address = address;
    this.#state = state;
    this.#worker = worker;
    this.#freed = new Promise((resolve) => {
      worker.once('exit', () => resolve());
      worker.on('message', ({ kind }: Message) => {
        if (kind === 'closed' || kind === 'failed') resolve();
      });
    });
  }

  /** Takes the port, on which nobody may listen any more. Throws an ApiError 500 where connects are answered all the same. Is over when it is closed. */
  async shut(): Promise<void> {
    const listening = this.#told('listening');
    this.#isAsked = true;
    const task: SilentListenerTask = this.#address;
    this.#worker.postMessage(task);
    await listening;
    for (let left = mostFillers; left > 0; left--) {
      // The port is somebody else's as soon as this is closed: a connect more would be one to them.
      if (this.#isClosed) return;
      const filler = this.#connect();
      if (await isAnswered(filler, silenceMs)) continue;
      void this.#fillUp(filler, left);
      return;
    }
    if (this.#isClosed) return;
    throw new ApiError(
      500,
      `connects to ${formatAddress(this.#address)} are answered although nobody accepts them: this system cannot do that`,
    );
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    Atomics.store(this.#state, 0, 1);
    Atomics.notify(this.#state, 0);
    if (this.#isAsked) await Promise.race([this.#freed, sleep(closeLimitMs, undefined, { ref: false })]);
    void this.#worker.terminate();
  }

  get #isClosed(): boolean {
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
    for (let left = most; left > 0 && (await isAnswered(filler, lateMs)) && !this.#isClosed; left--)
      filler = this.#connect();
    if (filler.connecting) filler.destroy();
  }

  #told(kind: 'listening'): Promise<void> {
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      worker.once('message', (message: Message) => {
        if (message.kind === kind || this.#isClosed) resolve();
        else reject(new ApiError(500, `the silent listener said ${'why' in message ? message.why : message.kind}`));
      });
      worker.once('error', reject);
      // It was closed in the middle of this.
      worker.once('exit', () => {
        if (this.#isClosed) resolve();
        else reject(new ApiError(500, 'the silent listener has ended'));
      });
    });
  }
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
