import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Side } from '../side.ts';

/** A chunk counts for so much at least: one is what was in a record of TLS, and a small one takes hardly less time than one of 16 KiB, which is the most (RFC 8446, 5.1). */
const leastBytes = 8 * 1024;

/** Who of the sockets of a server may read on in this turn of the event loop. */
export interface ReadTurns {
  /** Whether one that has just read so much may. If not, `goOn` is called when it may. */
  mayGoOn(bytes: number, goOn: () => void): boolean;
}

const forwarded = ['end', 'drain', 'finish', 'error', 'close'] as const;

/**
 * A side of a connection whose handshake is still going on. Until that is done it gives nothing and holds what is written to it, so that
 * no byte goes out before the other side is known; then it is the socket of which it is told. Its resets are resets of the TCP connection
 * underneath, which sockets with TLS do not have. What it gives comes in turns with what others give, since the platform's sockets take none.
 */
export class LateSocket extends EventEmitter implements Side {
  readonly #wire: Socket;
  readonly #turns: ReadTurns;
  #socket: Socket | undefined;
  #waiting: Buffer[] = [];
  #isEnded = false;
  #isPaused = false;
  /** Until its next turn. */
  #hasToWait = false;
  #hasFailed = false;

  /** @param wire the TCP connection */
  constructor(wire: Socket, turns: ReadTurns) {
    super();
    this.#wire = wire;
    this.#turns = turns;
    wire.once('close', () => {
      if (!this.#socket) this.emit('close');
    });
  }

  get connecting(): boolean {
    return this.#wire.connecting;
  }

  get destroyed(): boolean {
    return this.#wire.destroyed || this.#socket?.destroyed === true;
  }

  get writableEnded(): boolean {
    return this.#isEnded;
  }

  get writableFinished(): boolean {
    return this.#socket?.writableFinished ?? false;
  }

  get writableNeedDrain(): boolean {
    return this.#socket?.writableNeedDrain ?? this.#waiting.length > 0;
  }

  get writableLength(): number {
    return this.#socket?.writableLength ?? this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  get readableEnded(): boolean {
    return this.#socket?.readableEnded ?? false;
  }

  /** The handshake is done: `socket` speaks through it. Emits `connect`. */
  establish(socket: Socket): void {
    this.#socket = socket;
    for (const event of forwarded) socket.on(event, (value?: unknown) => this.emit(event, value));
    socket.on('data', (chunk: Buffer) => this.#give(chunk));
    if (this.#isPaused) socket.pause();
    const waiting = this.#waiting.splice(0);
    const isBlocked = waiting.map((chunk) => socket.write(chunk)).at(-1) === false;
    if (this.#isEnded) socket.end();
    this.emit('connect');
    if (waiting.length > 0 && !isBlocked) this.emit('drain');
  }

  /** The handshake has not come to an end. Emits `error`, and `close` after it. */
  fail(cause: Error): void {
    if (this.#hasFailed || this.#socket) return;
    this.#hasFailed = true;
    this.emit('error', cause);
    this.#wire.destroy();
  }

  write(chunk: Buffer): boolean {
    if (this.#socket) return this.#socket.write(chunk);
    this.#waiting.push(chunk);
    return false;
  }

  end(): void {
    this.#isEnded = true;
    this.#socket?.end();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#hasToWait) this.#socket?.resume();
  }

  #give(chunk: Buffer): void {
    if (!this.#turns.mayGoOn(Math.max(chunk.length, leastBytes), this.#goOn)) {
      this.#hasToWait = true;
      this.#socket?.pause();
    }
    this.emit('data', chunk);
  }

  readonly #goOn = (): void => {
    this.#hasToWait = false;
    if (!this.#isPaused) this.#socket?.resume();
  };

  destroy(): void {
    this.#socket?.destroy();
    this.#wire.destroy();
  }

  resetAndDestroy(): void {
    this.#wire.resetAndDestroy();
  }
}
