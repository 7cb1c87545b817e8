import type { Clock } from '../../kit/clock.ts';
import type { Random } from '../../kit/random.ts';
import type { Alteration, AttributeRange, Decision } from '../toxics/toxic.ts';

/** An attribute that is text. */
export interface TextAttribute {
  /** What it may be; default anything. */
  readonly choices?: readonly string[];
  /** How long it may be; default 1,000. */
  readonly mostCharacters?: number;
  /** Default empty. */
  readonly default?: string;
  /** What it has to look like, in words; default it may look like anything. */
  readonly format?: string;
  /** What it should be instead of a text that is out of order; default anything is in order. */
  problem?(text: string): string | undefined;
}

/** A text that has to look like something, or is empty. It is refused with the words of its format. */
export function formatted(format: string, fits: RegExp): Required<Pick<TextAttribute, 'format' | 'problem'>> {
  return { format, problem: (text) => (text === '' || fits.test(text) ? undefined : format) };
}

export type AttributeSpec = AttributeRange | TextAttribute;
export type AttributeValues = Readonly<Record<string, number | string>>;

/** A request, as faults look at it. */
export interface RequestFacts {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** The value of a field of the head; names in lower case. */
  header(name: string): string | undefined;
}

/** The head of a response, as faults look at it and change it. */
export interface ResponseFacts {
  readonly status: number;
  header(name: string): string | undefined;
}

/** What a fault can do to the body of one response. */
export interface BodyOutlet {
  readonly clock: Clock;
  /** Chance for this toxic and this request only. */
  readonly random: Random;
  /** Hands bytes on to what comes next. */
  forward(bytes: Buffer): void;
  /** Ends the body here, as a body ends. What the server still sends of it is dropped. */
  end(): void;
  /** Breaks the connection off in the middle of the body: closed once what was handed on has arrived, or reset at once. */
  cut(how: 'close' | 'reset'): void;
  /** Counts the request as altered, and so many of the bytes of its response, each once; nothing where a fault behind it has ended the body. */
  altered(bytes: number, how: Alteration): void;
  /** Whether the client takes nothing at present: what is made up should wait, since nobody can pause who makes it up. */
  readonly isBlocked: boolean;
  /**
   * Asked before each piece where one chunk may make many: whether it may be handed on in this go. Where not, it is held until `goOn` is called;
   * everything else has its turn meanwhile, the client takes what there is, or a fault behind this one does.
   */
  mayGoOn(): boolean;
  /** Says how many bytes wait for more to come, without which nothing can be done to them. Gives whether that is too much, by what all connections hold: then they go on as they are. */
  holds(bytes: number): boolean;
}

/** A fault at work on the body of one response, its framing taken off. Nothing here may wait: the control API calls it too. */
export interface BodyStage {
  chunk(bytes: Buffer): void;
  /** The server has finished the body. */
  end(): void;
  /** What was held since the outlet said no may go on. */
  goOn?(): void;
  /** The toxic is gone: hands on what is held, in order and at once, and leaves no timer. What follows passes by it. */
  release(): void;
  /** The connection is gone: drops what is held and leaves no timer. */
  discard(): void;
  /** Holds as much as it should. */
  readonly full: boolean;
}

/** What is done to one request, or to what answers it. */
export type RequestFault =
  /** An answer in the place of the server's, which never hears of the request. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: Buffer }
  /** The head of the response waits. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Another `content-length` than the body has; the connection is of no use afterwards, and closed. */
  | { readonly kind: 'length'; readonly difference: number }
  | {
      readonly kind: 'body';
      /** Whether it can be done to a response at all; default to each that has a body. */
      fits?(head: ResponseFacts): boolean;
      /** Whether it looks into the body: then the server is asked for one that is not compressed. Default no. */
      readonly readsBody?: boolean;
      /** Whether the body gets longer or shorter by it, so that no length can be said beforehand. A head that has lost its length for that counts as altered. */
      readonly changesLength: boolean;
      /** Whether the body may end, as a whole one, before the server has finished it; default no. The connection is closed after it, and a head that has to say so counts as altered. */
      readonly endsEarly?: boolean;
      start(outlet: BodyOutlet, head: ResponseFacts): BodyStage;
    };

/** What a fault may go by. */
export interface FaultContext {
  readonly random: Random;
  readonly nowMs: number;
  /** Told of what was left to chance. Undefined while nobody wants to know. */
  readonly decided?: ((decision: Omit<Decision, 'place'>) => void) | undefined;
}

/** One kind of toxic that is done to requests and responses of HTTP/1.1, each by itself: one file, one export, one line in `kinds/index.ts`. */
export interface HttpToxicKind {
  readonly layer: 'http';
  /** What only toxics have that are done to bytes. */
  readonly door?: never;
  readonly isTwoWay?: never;
  /** Its name on the wire. */
  readonly type: string;
  /** Its own; those that say which requests it is done to (`matcher.ts`) every kind has. */
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** What is wrong with attributes that are in their ranges, but do not go together; default nothing. */
  problems?(attributes: AttributeValues): readonly string[];
  /** How many of its kind a proxy may have; default any number. */
  readonly mostOnProxy?: number;
  faultFor(attributes: AttributeValues, context: FaultContext): RequestFault;
}

/** Whether a kind of toxic is done to requests; kinds that are done to bytes have no layer. */
export function isHttpKind(kind: { readonly type: string; readonly layer?: string }): kind is HttpToxicKind {
  return kind.layer === 'http';
}

/** An attribute as the number, or the text, that its description makes it. */
export function numberOf(attributes: AttributeValues, name: string): number {
  return Number(attributes[name] ?? 0);
}

export function textOf(attributes: AttributeValues, name: string): string {
  return String(attributes[name] ?? '');
}
