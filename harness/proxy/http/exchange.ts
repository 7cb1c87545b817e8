import type { BodyChain } from './body-chain.ts';
import type { ExchangeFaults } from './exchange-faults.ts';
import type { Framing } from './framing.ts';
import type { ResponseHead } from './message-head.ts';

/** What has come from the server for an exchange and has not been dealt with. */
export type Item =
  | { readonly kind: 'interim'; readonly raw: Buffer }
  | {
      readonly kind: 'head';
      readonly raw: Buffer;
      readonly head: ResponseHead;
      readonly framing: Framing;
      readonly atMs: number;
    }
  | { readonly kind: 'body'; readonly raw: Buffer; readonly pieces: readonly Buffer[] }
  | {
      readonly kind: 'end';
      readonly raw: Buffer;
      /** It was no body of the kind that its head said; what is left of it follows as it came. */
      readonly isLost?: true;
    };

/** One request on a connection, and what answers it. */
export interface Exchange {
  readonly method: string;
  /** Minor version of the request: 0 or 1. */
  readonly minor: number;
  readonly faults: ExchangeFaults;
  /** Of the request: it has been read to its end. */
  isAsked: boolean;
  /** Of an answer of ours: it is the last one on its connection, as the client wants it, or since nothing is clear any more behind its request. */
  closesAfterwards: boolean;
  /** Nothing can come behind it on its connection: its response is none, breaks off, or has no end but that of the connection. */
  isLast: boolean;
  readonly items: Item[];
  /** Of an answer of ours: when it is due. */
  dueMs: number | undefined;
  /** The head waits for its delay, and that has been counted. */
  isDelayed: boolean;
  response: ResponseOut | undefined;
}

/** How the response of an exchange goes out. */
export interface ResponseOut {
  /** Undefined: the body goes on as it came. */
  readonly chain: BodyChain | undefined;
  /** How its end is shown to the client: by the last chunk, by the end of the connection, or by its length alone. */
  readonly endsBy: 'last chunk' | 'close' | 'length';
  /** The head said that the connection is closed after it. */
  readonly closes: boolean;
  /** The client has all that it gets of it; what else comes from the server is dropped. */
  isOver: boolean;
  /** The server went away in the middle of it, or said something that is no part of it. */
  isBroken: boolean;
  /** The server has sent all of it. */
  trailer: Buffer | undefined;
}

export function newExchange(
  settings: Pick<Exchange, 'method' | 'minor' | 'faults'> & Partial<Pick<Exchange, 'isAsked' | 'closesAfterwards'>>,
): Exchange {
  const { method, minor, faults, isAsked = false, closesAfterwards = false } = settings;
  return {
    ...{ method, minor, faults, isAsked, closesAfterwards },
    ...{ isLast: false, items: [], dueMs: undefined, isDelayed: false, response: undefined },
  };
}
