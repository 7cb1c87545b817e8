import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../kit/errors.ts';
import { formatAddress, type Address } from './address.ts';
import { ApiError } from './api-error.ts';
import type { SilentPort, SilentPorts } from './silent-ports.ts';

/** Linux takes one connection more than it was asked to; others may take half as many again. */
const mostFillers = 8;

/** Loopback answers a connect before the call that begins it returns, unless the system is busy. */
const silenceMs = 10;

/** Then it may be so late. */
const lateMs = 200;

/** How long the thread may take to have the port, and to close it. */
const defaultLimits = { openLimitMs: 10_000, closeLimitMs: 2000 };

/**
 * A port on which connects get no answer: a thread listens there that never accepts, its queue is filled, and the system drops what comes
 * then, so that clients try again and again until they give up. It ends with this process, however that ends.
 */
export class SilentDoor {
  readonly #address: Address;
  readonly #ports: Pick<SilentPorts, 'open'>;
  readonly #limits: typeof defaultLimits;
  readonly #fillers: Socket[] = [];
  #opening: Promise<SilentPort> | undefined;
  #closing: Promise<void> | undefined;

  /** Nothing is done to the port yet. */
  constructor(address: Address, ports: Pick<SilentPorts, 'open'>, limits = defaultLimits) {
    this.#address = address;
    this.#ports = ports;
    this.#limits = limits;
  }

  /**
   * Takes the port, on which nobody may listen any more. Throws an ApiError 500 where it cannot be had, and where connects are answered all the same.
   * Is over when it is closed.
   */
  async shut(): Promise<void> {
    if (this.#isClosed()) return;
    this.#opening = this.#ports.open(this.#address);
    const { openLimitMs } = this.#limits;
    const late = sleep(openLimitMs, 'late' as const, { ref: false });
    const opened = await Promise.race([this.#opening, late]).catch((cause: unknown) => {
      // It was closed in the middle of this.
      if (!this.#isClosed()) throw new ApiError(500, messageOf(cause));
    });
    if (opened === 'late' && !this.#isClosed())
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
    // One that it could not have is free.
    const free = this.#opening?.then(
      (port) => port.close(),
      () => undefined,
    );
    await Promise.race([free, sleep(this.#limits.closeLimitMs, undefined, { ref: false })]);
  }

  #isClosed(): boolean {
    return this.#closing !== undefined;
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
