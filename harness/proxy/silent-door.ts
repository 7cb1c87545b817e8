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

/**
 * A port on which connects get no answer: a thread listens there that never accepts, its queue is filled, and the system drops what comes
 * then, so that clients try again and again until they give up. It ends with this process, however that ends.
 */
export class SilentDoor {
  readonly #address: Address;
  readonly #ports: SilentPorts;
  readonly #fillers: Socket[] = [];
  #opening: Promise<SilentPort> | undefined;
  #closing: Promise<void> | undefined;

  /** Nothing is done to the port yet. */
  constructor(address: Address, ports: SilentPorts) {
    this.#address = address;
    this.#ports = ports;
  }

  /**
   * Takes the port. Throws an ApiError 500 where it cannot be had, and where connects are answered all the same. Is over when it is closed.
   *
   * @param stopListening called before: nobody may listen there any more
   */
  async shut(stopListening: () => void = () => undefined): Promise<void> {
    if (this.#isClosed()) return;
    this.#opening = this.#ports.open(this.#address, stopListening);
    await this.#opening.catch((cause: unknown) => {
      // It was closed in the middle of this.
      if (!this.#isClosed()) throw new ApiError(500, messageOf(cause));
    });
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

  /** Calls back when a port that it has had is lost before it is closed. */
  whenLost(callback: () => void): void {
    this.#opening
      ?.then(({ lost }) => lost)
      .then(
        () => this.#isClosed() || callback(),
        () => undefined,
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
    await this.#opening?.then(
      (port) => port.close(),
      () => undefined,
    );
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
