import { saidLength } from '../framing.ts';
import {
  numberOf,
  textOf,
  type AttributeValues,
  type BodyOutlet,
  type BodyStage,
  type HttpToxicKind,
  type ResponseFacts,
} from '../http-toxic.ts';

/**
 * Lets so many bytes of a body pass, then breaks the connection off: closed in the middle of the body, or reset; or ends the body there, as if it
 * were whole (`end`). A body that is not longer passes whole; with `end`, where its head says no length, nobody knows that beforehand, so that the
 * head says all the same that the connection is closed, and the request counts as altered. As dropped it counts what is missing of the length that the head says; of a body without one
 * nobody knows how much that would have been, and it counts none.
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
    fits: (head) =>
      textOf(attributes, 'how') !== 'end' || (saidLength(head) ?? Infinity) > numberOf(attributes, 'bytes'),
    changesLength: textOf(attributes, 'how') === 'end',
    endsEarly: textOf(attributes, 'how') === 'end',
    start: (outlet, head) => new CutStage(outlet, head, attributes),
  }),
};

class CutStage implements BodyStage {
  readonly full = false;
  readonly #outlet: BodyOutlet;
  readonly #how: string;
  readonly #missing: number;
  #left: number;

  constructor(outlet: BodyOutlet, head: ResponseFacts, attributes: AttributeValues) {
    this.#outlet = outlet;
    this.#left = numberOf(attributes, 'bytes');
    this.#how = textOf(attributes, 'how');
    // Not what is in its hands just now: that depends on how the body was cut into chunks.
    this.#missing = Math.max(0, (saidLength(head) ?? 0) - this.#left);
  }

  chunk(bytes: Buffer): void {
    if (bytes.length <= this.#left) {
      this.#left -= bytes.length;
      this.#outlet.forward(bytes);
      return;
    }
    this.#outlet.forward(bytes.subarray(0, this.#left));
    this.#outlet.altered(this.#missing, 'dropped');
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
