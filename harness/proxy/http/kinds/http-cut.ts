import { numberOf, textOf, type BodyOutlet, type BodyStage, type HttpToxicKind } from '../http-toxic.ts';

/** Lets so many bytes of a body pass, then breaks the connection off: closed in the middle of the body, or reset. A shorter body passes whole. */
export const httpCut: HttpToxicKind = {
  layer: 'http',
  type: 'http_cut',
  attributes: {
    bytes: { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'bytes' },
    how: { choices: ['close', 'reset'], default: 'close' },
  },
  faultFor: (attributes) => ({
    kind: 'body',
    changesLength: false,
    start: (outlet) =>
      new CutStage(outlet, numberOf(attributes, 'bytes'), textOf(attributes, 'how') === 'reset' ? 'reset' : 'close'),
  }),
};

class CutStage implements BodyStage {
  readonly full = false;
  readonly #outlet: BodyOutlet;
  readonly #how: 'close' | 'reset';
  #left: number;

  constructor(outlet: BodyOutlet, bytes: number, how: 'close' | 'reset') {
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
    this.#outlet.cut(this.#how);
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
