import type { JsonValue } from '../kit/json.ts';
import type { CorpusDocument, CreateTarget } from './types.ts';

/** The system under test: how to start it, how to know that it is ready, and how to speak with it. What a `gameday.config.ts` exports. */
export interface TargetConfig {
  readonly name: string;
  readonly start: TargetStart;
  /** Loads it as a function, for the simulated world. Called before virtual time begins, so it may import what it likes. */
  readonly inProcess?: () => Promise<CreateTarget>;
  /** Asked until it answers 200; default limit 30,000 ms. */
  readonly ready: { readonly path: string; readonly withinMs?: number };
  readonly operations: TargetOperations;
  /** Other names for the variables that the world sets: `{ OPENAI_BASE_URL: 'MY_LLM_URL' }`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Named ways in which it can be made worse (or, for a healthy twin, merely different); gameday only passes the id on. */
  readonly defects?: readonly DefectSpec[];
  /** Hosts outside loopback that this target may be started on. */
  readonly allowHosts?: readonly string[];
}

export type TargetStart =
  /** Gets its port in the variable `PORT` (0 is never passed) and listens on 127.0.0.1. */
  | {
      readonly kind: 'command';
      readonly command: readonly string[];
      readonly folder?: string;
      readonly environment?: Readonly<Record<string, string>>;
    }
  /** Is running already. */
  | { readonly kind: 'url'; readonly url: string };

export interface DefectSpec {
  readonly id: string;
  readonly title: string;
  /** Which scenario exposes it, and by which objectives (names); a healthy twin has none and has to pass. */
  readonly scenario: string;
  readonly caughtBy: readonly string[];
}

export interface TargetOperations {
  readonly ask?: AskOperation;
  readonly ingest?: IngestOperation;
  readonly follow?: FollowOperation;
  /** Of several the first is used whose variable the world sets. */
  readonly stored?: StoredOperation | readonly StoredOperation[];
  readonly deadLetters?: DeadLettersOperation;
}

/** A request to the target. A body is sent as JSON. */
export interface TargetRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

/** What one server-sent event of an answer means. */
export type AnswerEvent =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'done'; readonly citations: readonly string[]; readonly degraded: boolean }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'other' };

/** Asks a question; the answer is a stream of server-sent events. */
export interface AskOperation {
  /** @param timeoutMs how long the caller will wait, for targets that can be told. */
  request(question: string, timeoutMs: number): TargetRequest;
  read(event: { readonly name: string; readonly data: string }): AnswerEvent;
}

/** Hands documents over; the answer says which versions are stored for good. */
export interface IngestOperation {
  request(documents: readonly CorpusDocument[], timeoutMs: number): TargetRequest;
  acknowledged(body: unknown): readonly { readonly id: string; readonly version: number }[];
}

/** Tells the target to follow a source's feed of changes until it is stopped. */
export interface FollowOperation {
  request(source: string): TargetRequest;
}

/** Lists what is stored, a row each: by a query on the unproxied store, or by asking it or the target. */
export type StoredOperation =
  | { readonly kind: 'sql'; readonly variable: string; readonly query: string }
  | {
      readonly kind: 'http';
      /** The variable with the URL of the store; without it the target is asked. */
      readonly variable?: string;
      readonly request: TargetRequest;
      read(body: unknown): readonly { readonly id: string; readonly version: number }[];
    };

/** Lists what the target has put aside. */
export interface DeadLettersOperation {
  readonly request: TargetRequest;
  read(body: unknown): readonly { readonly id: string; readonly version: number; readonly reason: string }[];
}
