/** Some bytes of a stream. */
export type Piece = Uint8Array<ArrayBuffer>;

/** What a reader of a stream gets. */
export type Reading = Awaited<ReturnType<ReadableStreamDefaultReader<Piece>['read']>>;

/** Where pieces are written. */
export interface PieceWriter {
  /** Hands a piece to whoever waits for it, or keeps it. After the end it is forgotten. */
  enqueue(piece: Piece): void;
  /** Nothing comes any more. */
  close(): void;
}

/** Whoever makes the pieces, as the underlying source of a `ReadableStream`. */
export interface PieceMaker {
  /** Asked for more whenever none is kept; default nobody is asked, and pieces are written as they come. One that fails breaks the stream. */
  readonly pull?: (writer: PieceWriter) => Promise<void>;
  /** The reader wants no more. */
  readonly cancel: () => void | Promise<void>;
}

/** Reads the pieces of a stream past the platform's queue. */
export interface PieceReader {
  read(): Promise<Reading>;
  /** The reader lets go of the stream: what is being read fails. */
  letGo(): void;
}

const ownReader = Symbol('the reader of the pieces');

/**
 * A stream of the platform, and where its pieces are written. The platform's own way from the writer to the reader is the greatest part of what a
 * piece costs where nothing is done to it, so whoever knows that a stream is one of these (`takePieceReader`) can go past it.
 */
export function pieceStream(maker: PieceMaker): {
  readonly stream: ReadableStream<Piece>;
  readonly writer: PieceWriter;
} {
  const pieces = new Pieces(maker);
  return { stream: pieces.stream, writer: pieces };
}

/**
 * What reads the pieces of a stream while somebody holds its lock; undefined for other streams, and the second time, since one reader
 * has them all.
 */
export function takePieceReader(stream: ReadableStream<Piece>): PieceReader | undefined {
  const reader = Reflect.get(stream, ownReader) as PieceReader | undefined;
  if (reader) Reflect.set(stream, ownReader, undefined);
  return reader;
}

interface Waiting {
  readonly resolve: (reading: Reading) => void;
  readonly reject: (cause: unknown) => void;
}

class Pieces implements PieceWriter, PieceReader {
  readonly stream: ReadableStream<Piece>;
  readonly #maker: PieceMaker;
  readonly #kept: Piece[] = [];
  #controller: ReadableStreamDefaultController<Piece> | undefined;
  #waiting: Waiting | undefined;
  #isPulling = false;
  #isAskedAgain = false;
  #isClosed = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(maker: PieceMaker) {
    this.#maker = maker;
    this.stream = new ReadableStream<Piece>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: async (controller) => {
          const { done, value } = await this.read();
          if (!done) controller.enqueue(value);
        },
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    );
    Reflect.set(this.stream, ownReader, this);
    this.#pull();
  }

  enqueue(piece: Piece): void {
    if (this.#isClosed) return;
    if (this.#waiting) this.#take(this.#waiting).resolve({ done: false, value: piece });
    else this.#kept.push(piece);
    this.#pull();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#waiting) this.#end();
  }

  read(): Promise<Reading> {
    const piece = this.#kept.shift();
    if (!piece) return this.#next();
    this.#pull();
    return Promise.resolve({ done: false, value: piece });
  }

  letGo(): void {
    if (this.#waiting) this.#take(this.#waiting).reject(new TypeError('Invalid state: Releasing reader'));
  }

  #next(): Promise<Reading> {
    if (this.#isClosed && !this.#failure) {
      this.#end();
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise<Reading>((resolve, reject) => {
      const waiting: Waiting = { resolve, reject };
      if (this.#failure) waiting.reject(this.#failure.cause);
      else {
        this.#waiting = waiting;
        this.#pull();
      }
    });
  }

  /** Asks for one piece more than is read, as the platform does. */
  #pull(): void {
    const { pull } = this.#maker;
    if (!pull || this.#isClosed || this.#kept.length > 0) return;
    if (this.#isPulling) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isPulling = true;
    pull(this).then(this.#onPulled, this.#onFailed);
  }

  readonly #onPulled = (): void => {
    this.#isPulling = false;
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.#pull();
  };

  readonly #onFailed = (cause: unknown): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = { cause };
    this.#kept.length = 0;
    if (this.#waiting) this.#take(this.#waiting).reject(cause);
    this.#controller?.error(cause);
  };

  #cancel(): void | Promise<void> {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    this.#kept.length = 0;
    this.#controller = undefined;
    if (this.#waiting) this.#take(this.#waiting).resolve({ done: true, value: undefined });
    if (!wasClosed) return this.#maker.cancel();
  }

  /** All has been read, and the reader hears of it. */
  #end(): void {
    if (this.#waiting) this.#take(this.#waiting).resolve({ done: true, value: undefined });
    this.#controller?.close();
    this.#controller = undefined;
  }

  #take(waiting: Waiting): Waiting {
    this.#waiting = undefined;
    return waiting;
  }
}
