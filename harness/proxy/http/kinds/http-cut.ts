import { numberOf, textOf, type BodyOutlet, type BodyStage, type HttpToxicKind } from '../http-toxic.ts';

/**
 * Lets so many bytes of a body pass, then breaks the connection off: closed in the middle of the body, or reset; or ends the body there, as if it
 * were whole (`end`). A shorter body passes whole.
 */
export const httpCut: HttpToxicKind = {
  layer: 'http',
  type: 'http_cut',
  attributes: {
    bytes: { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'bytes' },
    how: { choices: ['end', 'close', 'reset'], default: 'close' },
  },
  faultFor: (attributes) => ({
    kind: 'body',
    changesLength: textOf(attributes, 'how') === 'end',
    endsEarly: textOf(attributes, 'how') === 'end',
    start: (outlet) => new CutStage(outlet, numberOf(attributes, 'bytes'), textOf(attributes, 'how')),
  }),
};

class CutStage implements BodyStage {
  readonly full = false;
  readonly #outlet: BodyOutlet;
  readonly #how: string;
  #left: number;

  constructor(outlet: BodyOutlet, bytes: number, how: string) {
    this.#outlet = outlet;
    this.#left = bytes;
    this.#how = how;
  }

  chunk(bytes: Buffer): void {
    if (bytes.length <= this.#left) {
      this.#left -= bytes.length;
      this.#outlet.forward(bytes);
      return;
    }
    this.#outlet.forward(bytes.subarray(0, this.#left));
    this.#outlet.altered(bytes.length - this.#left, 'dropped');
    if (this.#how === 'end') this.#outlet.end();
    else this.#outlet.cut(this.#how === 'reset' ? 'reset' : 'close');
  }

  end(): void {
    this.#outlet.end();
  }

  release(): void {
    // Nothing is held.
  }

  discard(): void {
    // Nothing is held.
  }
}
