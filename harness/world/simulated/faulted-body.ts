import type { BodyChain, BodySink } from '../../proxy/http/body-chain.ts';
import type { Chunk } from './gated-stream.ts';
import { mostUnreadBytes } from './most-unread-bytes.ts';

/**
 * A body on its way through the faults that are done to it, as a stream. What they hand on before they break it off can still be read. Who
 * sends it is paused as on sockets: while a fault holds as much as it should, and while too much is ready that nobody has read.
 */
export class FaultedBody {
  readonly sink: BodySink;
  readonly #connection: { close(): void; reset(): void };
  /** How many bytes the head promises; undefined: it promises none. */
  readonly #promised: number | undefined;
  #sent = 0;
  readonly #ready: Chunk[] = [];
  #readyBytes = 0;
  /** What happens when all that is ready has been read. */
  #last: 'end' | 'close' | 'reset' | undefined;
  #wake: () => void = () => undefined;
  /** Has the pump look again whether it may go on. */
  #goOn: () => void = () => undefined;
  /** The connection is gone. */
  #isAbandoned = false;
  #leave: () => void = () => undefined;

  constructor(settings: {
    readonly connection: { close(): void; reset(): void };
    readonly promised: number | undefined;
  }) {
    this.#connection = settings.connection;
    this.#promised = settings.promised;
    const ready = this.#ready;
    this.sink = {
      get isBlocked() {
        return ready.length > 0;
      },
      forward: (bytes) => this.#forward(bytes),
      end: () => this.#end(),
      cut: (how) => this.#finish(how),
      moved: () => this.#goOn(),
    };
  }

  /** The connection is gone: a sender that waits is told, also where nobody has begun to read, who would leave. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#goOn();
  }

  /** @param chain undefined: nothing is done to the bytes */
  through(stream: ReadableStream<Chunk>, chain: BodyChain | undefined): ReadableStream<Chunk> {
    const source = stream.getReader();
    // Whoever sends it is told when a fault has ended it before: on sockets the connection is closed then.
    this.#leave = () => void source.cancel().catch(() => undefined);
    const pump = this.#pump(source, chain);
    return new ReadableStream<Chunk>(
      {
        pull: async (controller) => {
          const chunk = await this.#next();
          if (chunk) controller.enqueue(chunk);
          else if (this.#last === 'end') controller.close();
          else await this.#breakOff(controller);
        },
        cancel: async (reason) => {
          chain?.discard();
          this.#finish('end');
          await source.cancel(reason);
          await pump;
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** The connection breaks, and whoever reads hears of it from there; the stream alone never ends. */
  async #breakOff(controller: ReadableStreamDefaultController<Chunk>): Promise<void> {
    if (this.#last === 'reset') this.#connection.reset();
    else this.#connection.close();
    await Promise.resolve();
    controller.error(new TypeError('terminated'));
  }

  async #next(): Promise<Chunk | undefined> {
    while (this.#ready.length === 0 && this.#last === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const chunk = this.#ready.shift();
    this.#readyBytes -= chunk?.length ?? 0;
    this.#goOn();
    return chunk;
  }

  /** Beyond what was promised nobody reads. */
  #forward(bytes: Buffer): void {
    const left = (this.#promised ?? Infinity) - this.#sent;
    const passing = bytes.subarray(0, left);
    this.#sent += passing.length;
    if (passing.length > 0) this.#ready.push(new Uint8Array(passing));
    this.#readyBytes += passing.length;
    this.#wake();
  }

  /** Whoever was promised more waits for it until the connection is closed. */
  #end(): void {
    this.#finish(this.#promised !== undefined && this.#sent < this.#promised ? 'close' : 'end');
  }

  #finish(last: 'end' | 'close' | 'reset'): void {
    if (this.#last === undefined && last === 'end') this.#leave();
    this.#last ??= last;
    this.#wake();
    this.#goOn();
  }

  async #pump(source: ReadableStreamDefaultReader<Chunk>, chain: BodyChain | undefined): Promise<void> {
    try {
      for (let reading = await source.read(); !reading.done; reading = await source.read()) {
        if (this.#last !== undefined) return;
        if (chain) chain.chunk(Buffer.from(reading.value));
        else this.sink.forward(Buffer.from(reading.value));
        if (this.#mustWait(chain) && !(await this.#hasRoom(chain))) return;
      }
      if (chain) chain.end();
      else this.#end();
    } catch {
      this.#finish('close');
    }
  }

  #mustWait(chain: BodyChain | undefined): boolean {
    return this.#readyBytes >= mostUnreadBytes || chain?.full === true;
  }

  /** Waits until the source may be asked for more; gives false where it is over before. */
  async #hasRoom(chain: BodyChain | undefined): Promise<boolean> {
    while (this.#last === undefined && !this.#isAbandoned) {
      if (!this.#mustWait(chain)) return true;
      await new Promise<void>((resolve) => (this.#goOn = resolve));
    }
    this.#leave();
    return false;
  }
}
