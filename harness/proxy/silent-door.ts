import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../kit/sibling-module.ts';
import { formatAddress, type Address } from './address.ts';
import { ApiError } from './api-error.ts';

export interface SilentListenerData extends Address {
  /** One number: 1 to close the port. */
  readonly state: Int32Array;
}

type Message = { readonly kind: 'up' | 'listening' | 'closed' } | { readonly kind: 'failed'; readonly why: string };

/** Linux takes one connection more than it was asked to; others may take half as many again. */
const mostFillers = 8;

/** A connect on loopback that takes longer than this is not answered. */
const silenceMs = 200;

/** How long the thread may take to close the port: it does nothing else. */
const closeLimitMs = 2000;

/**
 * A port on which connects get no answer: a thread listens there that never accepts, its queue is filled, and the system drops what comes
 * then, so that clients try again and again until they give up. It ends with this process, however that ends.
 */
export class SilentDoor {
  readonly #address: Address;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  /** Resolves when the thread has let go of the port, or could not have it. */
  readonly #freed: Promise<void>;
  readonly #fillers: Socket[] = [];
  /** It may have the port, or get it still. */
  #isAsked = false;

  private constructor(address: Address) {
    this.#address = address;
    const workerData: SilentListenerData = { ...address, state: this.#state };
    // Without the options of this process: some, as --input-type, are none for a file.
    this.#worker = new Worker(siblingModule(import.meta.url, './silent-listener'), { workerData, execArgv: [] });
    this.#worker.unref();
    this.#freed = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve());
      this.#worker.on('message', ({ kind }: Message) => {
        if (kind === 'closed' || kind === 'failed') resolve();
      });
    });
  }

  /** With its thread ready, but nothing done to the port yet. */
  static async prepare(address: Address): Promise<SilentDoor> {
    const door = new SilentDoor(address);
    await door.#told('up');
    return door;
  }

  /** Takes the port, on which nobody may listen any more. Throws an ApiError 500 where connects are answered all the same. Is over when it is closed. */
  async shut(): Promise<void> {
    const listening = this.#told('listening');
    this.#isAsked = true;
    this.#worker.postMessage('listen');
    await listening;
    for (let count = 0; count < mostFillers; count++) {
      // The port is somebody else's as soon as this is closed: a connect more would be one to them.
      if (this.#isClosed || !(await this.#isAnswered())) return;
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

  /** Whether one more connect is answered, which then takes a place in the queue. */
  async #isAnswered(): Promise<boolean> {
    const socket = connect(this.#address);
    this.#fillers.push(socket);
    socket.unref();
    socket.on('error', () => undefined);
    const answered = new Promise<void>((resolve) => socket.once('connect', resolve));
    await Promise.race([answered, sleep(silenceMs)]);
    // Where this process did not get its turn for so long, the answer is there and has only not been looked at.
    if (socket.connecting) await nextTurn();
    if (socket.connecting) await nextTurn();
    if (socket.connecting) {
      socket.destroy();
      return false;
    }
    return true;
  }

  #told(kind: 'up' | 'listening'): Promise<void> {
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
