import type { Clock } from '../../kit/clock.ts';
import type { Random } from '../../kit/random.ts';
import type { Pacer } from '../pacer.ts';
import type { HeldTogether } from './held-together.ts';

/** What all toxics of a server have in common. */
export interface SharedByServer {
  readonly held: HeldTogether;
  /** Work that may take long is done in turn by it. */
  readonly pacer: Pacer;
}

/** The numbers that an attribute may have, both included. */
export interface AttributeRange {
  readonly from: number;
  readonly to: number;
  /** As in the documentation: `ms`, `KB/s`. */
  readonly unit: string;
  /** Default 0, as in Toxiproxy. Where that is out of the range, it has to be given. */
  readonly default?: number;
  /** Whether it may be a fraction; default whole numbers only. */
  readonly isFraction?: boolean;
}

export type Attributes<Name extends string = string> = Readonly<Record<Name, number>>;

/**
 * What clients find that connect: somebody who accepts, a refusal, as where nobody listens, or no answer at all. Connections that are open go
 * on in any state.
 */
export type DoorState = 'open' | 'refusing' | 'silent';

/** What was done to bytes: passed on late, not at all, with other content, in other pieces, or without having come. */
export type Alteration = 'delayed' | 'dropped' | 'corrupted' | 'cut' | 'added';

/** Something that was left to chance. */
export interface Decision {
  /**
   * `toxicity`: whether the toxic is done to the connection, or to the request. `jitter`: the delay of a chunk, or of a response. `loss`: whether a chunk is dropped. `piece`: how
   * long a piece is. `flip`: which bit of a byte is flipped.
   */
  readonly what: 'toxicity' | 'jitter' | 'loss' | 'piece' | 'flip';
  /** Where: the place of a byte in the stream, from 0; 0 for `toxicity`. For toxics that
   * are done to requests: which it is of the requests of the connection that match since the toxic came to it, from 1. */
  readonly place: number;
  /** What chance said, in [0, 1): for `flip`, how far it is to that byte. */
  readonly drawn: number;
  /** Yes or no, milliseconds, bytes, or a bit from 0 to 7. */
  readonly outcome: boolean | number;
}

/** What a toxic can do to one direction of one connection. */
export interface ToxicOutlet {
  readonly clock: Clock;
  /** Chance for this toxic on this connection only: no other decision shifts it. */
  readonly random: Random;
  /** Told of what was left to chance. Undefined while nobody wants to know, so it has to be asked for each time. */
  readonly decided?: ((decision: Decision) => void) | undefined;
  /** Hands bytes on to what comes next. Whoever has done that uses them no more: they may be overwritten. */
  forward(chunk: Buffer): void;
  /** Hands on that the sender has finished. */
  end(): void;
  /** Closes the connection on both sides. */
  close(): void;
  /** Ends the stream behind what was handed on, and closes the connection when that has been delivered. */
  closeBehind(): void;
  /** Resets the connection on both sides (a real RST). */
  reset(): void;
  /** Counts bytes as altered, each once, and the connection with them; 0 when the connection was altered and no byte of it. */
  altered(bytes: 0): void;
  altered(bytes: number, how: Alteration): void;
}

/** A toxic at work on one direction of one connection. Nothing here may wait: the control API calls it too. */
export interface ToxicStage<Name extends string = string> {
  /** The next bytes of the sender. */
  chunk(chunk: Buffer): void;
  /** The sender has finished; no chunk comes after it. */
  end(): void;
  /** The sender's side broke down: it was reset, or never reached. True where that is not to be seen behind this; default the other side is reset. */
  broken?(): boolean;
  /** The proxy does not let the sender send for a moment, or lets it again: silence in between is none of its own. Default that does not matter. */
  rest?(isResting: boolean): void;
  /** New attributes; what is held now follows them too. */
  update(attributes: Attributes<Name>): void;
  /** Switched off: hands on what is held, in order and at once, and leaves no timer. Nothing is called after it. */
  release(): void;
  /** The connection is gone: drops what is held and leaves no timer. Nothing is called after it. */
  discard(): void;
  /** Holds as much as it should; the sender is paused while this is true. */
  readonly full: boolean;
}

/** One kind of toxic: one file, one export, one line in `toxics/index.ts`. */
export interface ToxicKind<Name extends string = string> {
  /** Its name on the wire. */
  readonly type: string;
  readonly attributes: Readonly<Record<Name, AttributeRange>>;
  /** What is wrong with attributes that are in their ranges, but do not go together; default nothing. */
  problems?(attributes: Attributes<Name>): readonly string[];
  /** Whether it is done to both directions, whatever its stream says; default to that one. */
  readonly isTwoWay?: true;
  /** What it does to the door of the proxy. Default nothing; one that does something there is never at a connection. */
  readonly door?: Exclude<DoorState, 'open'>;
  /** Comes to one direction of one connection, which has nothing to do with others. */
  start(attributes: Attributes<Name>, outlet: ToxicOutlet): ToxicStage<Name>;
  /**
   * For one toxic, at all the connections it comes to: gives what takes the place of `start`, and holds what they have in common. `held` is what
   * those of the whole server hold. Default `start`.
   */
  together?(
    clock: Clock,
    shared: SharedByServer,
  ): (attributes: Attributes<Name>, outlet: ToxicOutlet) => ToxicStage<Name>;
}

/** The longest time that a toxic takes, a day: beyond it a timer of the platform would overflow into firing at once. */
export const longestMs = 86_400_000;

/** Chance in [0, 1) at a place of a stream: the same however its bytes are cut into chunks. */
export function drawAt(random: Random, offset: number): number {
  return random.fork(String(offset)).next();
}
