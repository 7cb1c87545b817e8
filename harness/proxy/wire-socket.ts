import { Socket, type SocketConstructorOpts } from 'node:net';
import { inNextTurn } from '../kit/next-turn.ts';

/** What sockets read into that have sent little so far; all of a server read into the same. */
const sharedBytes = 64 * 1024;

/** What a socket of which much comes reads into. */
const ownBytes = 256 * 1024;

/** Less is copied: whoever keeps a chunk keeps all the memory that it is a part of, which must not be much more than what is counted. */
const copiedBytes = ownBytes / 2;

/** What sockets of which much comes may read in one turn of the event loop, some milliseconds' worth; then everything else gets its turn. */
const turnBytes = 16 * ownBytes;

/** How many of those that wait for that begin again in one turn. */
const socketsAtOnce = turnBytes / ownBytes;

/**
 * What the sockets of a server have in common: memory that they read into, made at the first use, and turns. Left to itself the platform reads 32 times
 * from each socket before it looks at the next, and 60 senders without an end hold up everything else for a twentieth of a second and more.
 */
export class ReadMemory {
  #shared: Buffer | undefined;
  #bytesOfTurn = 0;
  readonly #waiting = new Set<() => void>();

  get shared(): Buffer {
    return (this.#shared ??= Buffer.allocUnsafeSlow(sharedBytes));
  }

  /** Whether a socket that has just read as much as it could may go on with that. If not, `goOn` is called when it may: once, however often it has asked. */
  mayGoOn(bytes: number, goOn: () => void): boolean {
    if (this.#bytesOfTurn === 0 && this.#waiting.size === 0) inNextTurn(this.#beginTurn);
    this.#bytesOfTurn += bytes;
    if (this.#bytesOfTurn < turnBytes) return true;
    this.#waiting.add(goOn);
    return false;
  }

  readonly #beginTurn = (): void => {
    this.#bytesOfTurn = 0;
    const next = [...this.#waiting].slice(0, socketsAtOnce);
    for (const goOn of next) this.#waiting.delete(goOn);
    if (this.#waiting.size > 0) inNextTurn(this.#beginTurn);
    for (const goOn of next) goOn();
  };
}

/**
 * Reads into memory that it uses again, where the platform allocates and frees 64 KiB for each read. What little comes is copied out of memory that all
 * sockets of a server have in common. Where much comes, a socket has its own: that is handed on without a copy, and is read into again when whoever
 * has got it gives it back; else it is theirs.
 */
class Reader {
  readonly #memory: ReadMemory;
  #own: Buffer | undefined;
  #lent: { readonly chunk: Buffer; readonly from: Buffer } | undefined;
  /** Gets what was read. */
  onChunk: (chunk: Buffer) => void = () => undefined;

  constructor(memory: ReadMemory) {
    this.#memory = memory;
  }

  /** What is read into next. */
  get buffer(): Buffer {
    return this.#own ?? this.#memory.shared;
  }

  /** Whether there may be more. */
  read(bytes: number): boolean {
    const own = this.#own;
    if (!own) {
      if (bytes === sharedBytes) this.#own = Buffer.allocUnsafeSlow(ownBytes);
      this.onChunk(Buffer.from(this.#memory.shared.subarray(0, bytes)));
      return bytes === sharedBytes;
    }
    this.#own = undefined;
    if (bytes < copiedBytes) {
      this.onChunk(Buffer.from(own.subarray(0, bytes)));
      return false;
    }
    const chunk = own.subarray(0, bytes);
    this.#lent = { chunk, from: own };
    this.onChunk(chunk);
    this.#lent = undefined;
    return bytes === ownBytes;
  }

  takeBack(chunk: Buffer): void {
    if (this.#lent?.chunk === chunk) this.#own = this.#lent.from;
  }
}

/** A TCP connection of the proxy. Emits `data` as any socket does, but keeps nothing back: what it has read is with its listener. */
export class WireSocket extends Socket {
  readonly #reader: Reader;

  /** @param handle that of an accepted connection; default one that is yet to connect */
  constructor(memory: ReadMemory, handle?: object) {
    const reader = new Reader(memory);
    const onread = {
      buffer: () => reader.buffer,
      callback: (bytes: number) => {
        const isFull = reader.read(bytes);
        // The platform begins to read when it has connected, also where it was told to pause before that.
        if (this.isPaused()) return false;
        return !isFull || memory.mayGoOn(bytes, this.#goOn);
      },
    };
    const options: SocketConstructorOpts & { readonly noDelay: boolean } = {
      allowHalfOpen: true,
      noDelay: true,
      onread,
    };
    super(handle ? Object.assign(options, { handle }) : options);
    this.#reader = reader;
    reader.onChunk = (chunk) => this.emit('data', chunk);
  }

  readonly #goOn = (): void => {
    if (!this.isPaused()) this.resume();
  };

  /** Whoever got `chunk`, just now, has no more use for it. */
  takeBack(chunk: Buffer): void {
    this.#reader.takeBack(chunk);
  }
}

/**
 * Takes over an accepted connection from which nothing was read yet. A server of the platform gives no say in how its sockets read, and the handle
 * that a socket stands on is not in the platform's documentation: where there is none, the socket is used as it is.
 */
export function takeOver(accepted: Socket, memory: ReadMemory): Socket {
  const holder: { _handle?: object | null } = accepted as object;
  const handle = holder._handle;
  if (!handle) {
    accepted.resume();
    return accepted;
  }
  holder._handle = null;
  return new WireSocket(memory, handle);
}
