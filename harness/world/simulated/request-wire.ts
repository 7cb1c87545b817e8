import { framingOf } from '../../proxy/http/framing.ts';
import { MessageFramer } from '../../proxy/http/message-framer.ts';
import { Arrivals } from './arrivals.ts';
import type { PipeMouth, PipeOutlet } from './pipe-ends.ts';
import { headOf } from './wire-messages.ts';

/**
 * The way of requests through a pipe in which something is done to them. What comes out of it is read as a server reads it: the head first, and the
 * body bit by bit, with what toxics have made of it.
 */
export class RequestWire {
  readonly #mouth: PipeMouth;
  readonly #lost: () => void;
  readonly #framer: MessageFramer;
  /** Those who have sent a request of which the head has not come. */
  readonly #sent: ((body: Arrivals | undefined) => void)[] = [];
  #arriving: Arrivals | undefined;
  #sending: Promise<void> = Promise.resolve();

  /** `lost` is told of bytes behind a request that are no other one. */
  constructor(wire: { readonly mouth: PipeMouth; readonly outlet: PipeOutlet; readonly lost: () => void }) {
    this.#mouth = wire.mouth;
    this.#lost = wire.lost;
    this.#framer = new MessageFramer('request', {
      head: (head) => {
        this.#arriving = new Arrivals();
        this.#sent.shift()?.(this.#arriving);
        return framingOf(head, '');
      },
      body: (_raw, pieces) => {
        for (const piece of pieces) this.#arriving?.put({ done: false, value: new Uint8Array(piece) });
      },
      end: () => this.#arriving?.put({ done: true, value: undefined }),
      opaque: () => this.#isNone(),
    });
    wire.outlet.deliver = (chunk) => this.#framer.feed(chunk);
  }

  /**
   * Sends a request behind all that was sent before. Resolves when its head has come, with what comes of its body; with undefined when what has come
   * cannot be read.
   */
  send(body: Buffer): Promise<Arrivals | undefined> {
    const arrived = new Promise<Arrivals | undefined>((resolve) => this.#sent.push(resolve));
    const bytes = Buffer.concat([headOf('request', body.length), body]);
    this.#sending = this.#sending.then(() => this.#mouth.send(bytes));
    return arrived;
  }

  #isNone(): void {
    const sent = this.#sent.shift();
    if (sent) sent(undefined);
    else this.#lost();
  }
}
