import type { Direction } from '../../proxy/active-toxic.ts';
import type { Unsettled } from '../activity.ts';
import type { Arrivals } from './arrivals.ts';
import { aborted, closed, terminated } from './network-errors.ts';
import type { ResponseBody } from './response-body.ts';

/** A request as its connection needs it. */
export interface ExchangeRequest {
  /** The request as the handler gets it: `hangUp` gives what aborts when its caller is gone. */
  readonly make: (hangUp: () => AbortSignal) => Request;
  readonly bodyBytes: number;
  readonly url: URL;
  readonly method: string;
  readonly sentMs: number;
  /** Of the caller. */
  readonly signal: AbortSignal | null;
  /** What the caller gets for an answer. */
  readonly arrived: (response: Response) => Response | Promise<Response>;
}

/** What an exchange needs of its connection. */
interface ExchangeConnection {
  /** Nothing else can be sent on it. */
  close(): void;
  /** The exchange is over, in whatever way; told last. */
  over(): void;
  /** Asked when the caller (upstream) or the handler (downstream) is gone: whether that vanishes on its way to the other. */
  lost(direction: Direction): boolean;
}

/** One request and its answer on a connection. It is over once: by the end of its body, by its caller, or by its connection. */
export class Exchange {
  readonly #request: ExchangeRequest;
  readonly #connection: ExchangeConnection;
  readonly #onAbort = (): void => this.breakOff(this.#request.signal?.reason);
  /** Made when somebody asks for it: most handlers never do. */
  #hangUp: AbortController | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #fail: ((cause: unknown) => void) | undefined;
  #isOver = false;
  /** Whether the handler must not see that the caller has gone. */
  #isUnseen = false;
  /** The body of the answer, once there is one. */
  body: ResponseBody | undefined;
  #upload: Arrivals | undefined;

  /** What has not come to its end: the request, or the reading of its answer. */
  get underway(): Unsettled {
    const { method, url, sentMs } = this.#request;
    return { kind: this.body ? 'answer' : 'request', who: null, request: `${method} ${url.href}`, sinceMs: sentMs };
  }

  constructor(request: ExchangeRequest, connection: ExchangeConnection) {
    this.#request = request;
    this.#connection = connection;
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborts when the caller has gone, or when the way to it is broken. */
  readonly hangUp = (): AbortSignal => {
    this.#hangUp ??= new AbortController();
    if (this.#failure && !this.#isUnseen) this.#hangUp.abort(this.#failure.cause);
    return this.#hangUp.signal;
  };

  /** The body of the request, where it comes bit by bit. */
  get upload(): Arrivals | undefined {
    return this.#upload;
  }

  /** The head of the request has come, and its body comes bit by bit. */
  receive(upload: Arrivals): void {
    this.#upload = upload;
    if (this.#failure && !this.#isUnseen) upload.fail(aborted());
  }

  /** The answer, or why there is none. */
  answered(answer: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      const fail: (cause: unknown) => void = reject;
      this.#fail = fail;
      if (this.#failure) fail(this.#failure.cause);
      answer.then(
        (response) => {
          if (this.#failure) return;
          // It is the caller's now, and so is what becomes of its body.
          this.#fail = undefined;
          resolve(this.#request.arrived(response));
        },
        // What the other side threw stays there: all that its caller sees is that the connection is gone.
        () => {
          if (!this.#connection.lost('downstream')) this.breakOff(closed());
        },
      );
    });
  }

  /** All of the answer has been delivered: the connection is free again. */
  readonly finish = (): void => {
    if (this.#end()) this.#connection.over();
  };

  /** The reader of the body wants no more of it. */
  readonly cancel = (): void => this.breakOff(new Error('The caller wants no more.'));

  /** In the middle of an exchange nothing else can be sent on its connection, so that is closed with it. */
  breakOff(cause: unknown): void {
    if (!this.#end()) return;
    this.#failure = { cause };
    this.#isUnseen = this.#connection.lost('upstream');
    if (!this.#isUnseen) {
      this.#hangUp?.abort(cause);
      this.#upload?.fail(aborted());
    }
    this.#fail?.(cause);
    this.body?.fail(cause instanceof TypeError ? terminated(cause) : cause);
    this.#connection.close();
    this.#connection.over();
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
