import type { Vendor } from './http/vendor-errors.ts';

/** Which requests a toxic of HTTP is done to; where nothing is said, all of them. */
export interface RequestMatcher {
  /** `POST`, or several: `POST,PUT`. */
  readonly method?: string;
  /** The whole path without its query, where `*` stands for anything: `/v1/chat/*`. */
  readonly path?: string;
  /** A field that has to be there, `x-priority`, or its value, `x-priority: batch*`. */
  readonly header?: string;
  /** Of those that match, passes over so many; default 0. */
  readonly after?: number;
  /** Then takes one of so many: 3 is the third, the sixth and so on. Default 1. */
  readonly nth?: number;
  /** And no more than so many; default 0, without limit. */
  readonly times?: number;
}

interface DelayMs {
  /** Milliseconds; default 0. */
  readonly delay?: number;
}

interface NthEvent {
  /** Which event of the stream, the first is 1; default 2. */
  readonly event?: number;
}

interface AfterEvents {
  /** How many events pass before; default 1. */
  readonly events?: number;
}

/** Milliseconds, default 0: so much, and up to so much more or less. */
interface LatencyMs {
  readonly latency?: number;
  readonly jitter?: number;
}

/** Toxics that are done to the bytes of connections, and to the door. */
export interface ByteToxics {
  readonly latency: LatencyMs;
  /** KB of 1,000 bytes per second, for each connection and direction; default 0, which holds everything. */
  readonly bandwidth: { readonly rate?: number };
  /** The same, for all connections together. */
  readonly shared_bandwidth: { readonly rate?: number };
  readonly slow_close: DelayMs;
  /** Milliseconds of silence after which it closes; default 0, never. */
  readonly timeout: { readonly timeout?: number };
  readonly half_open: NoAttributes;
  readonly never_answer: NoAttributes;
  /** Milliseconds after the first chunk; default 0. */
  readonly reset_peer: { readonly timeout?: number };
  readonly reset_after: DelayMs;
  /** Bytes, and microseconds between the pieces. */
  readonly slicer: { readonly average_size: number; readonly size_variation?: number; readonly delay?: number };
  /** Default 0. */
  readonly limit_data: { readonly bytes?: number };
  /** Shares from 0 to 1, default 0: of the chunks that are dropped, and so much more behind one that was. */
  readonly packet_loss: { readonly loss_rate?: number; readonly correlation?: number };
  readonly slow_accept: DelayMs;
  readonly close_after: DelayMs;
  /** The share of the bytes in which a bit is flipped, from 0 to 1; default 0. */
  readonly corrupt: { readonly rate?: number };
  readonly refuse: NoAttributes;
  readonly connect_timeout: NoAttributes;
  readonly noop: NoAttributes;
}

/** Toxics that are done to requests of HTTP/1.1 and to what answers them. */
export interface RequestToxics {
  readonly http_status: RequestMatcher & {
    /** From 200 to 599; default 503. */
    readonly status?: number;
    /** Whose error the body looks like; default no body. */
    readonly vendor?: '' | Vendor;
    /** Which of the vendor's errors, as `insufficient_quota`; default the one that the status usually has. */
    readonly code?: string;
    /** In the place of the vendor's. */
    readonly body?: string;
    /** Lines of `name: value`. */
    readonly headers?: string;
    /** As it is put into the head; `date+10` for the date in ten seconds, `none` for nothing. Default what the vendor sends. */
    readonly retry_after?: string;
  };
  readonly http_latency: RequestMatcher & LatencyMs;
  readonly http_slow_body: RequestMatcher & DelayMs;
  readonly http_cut: RequestMatcher & { readonly bytes?: number; readonly how?: 'end' | 'close' | 'reset' };
  /** Bytes that the length which is said differs by; default 1. */
  readonly http_length: RequestMatcher & { readonly difference?: number };
  readonly stream_late: RequestMatcher & DelayMs;
  readonly stream_slow: RequestMatcher & DelayMs;
  /** `stall` in milliseconds; default 0, for as long as the toxic is there. */
  readonly stream_stall: RequestMatcher & AfterEvents & { readonly stall?: number };
  readonly stream_cut: RequestMatcher &
    AfterEvents & {
      readonly where?: 'between' | 'event' | 'character';
      readonly how?: 'end' | 'done' | 'close' | 'reset';
    };
  readonly stream_unfinished: RequestMatcher & { readonly missing?: 'end' | 'reason' | 'both' };
  readonly stream_drop: RequestMatcher & NthEvent;
  /** `event` 0 for every one. */
  readonly stream_duplicate: RequestMatcher & NthEvent;
  readonly stream_reorder: RequestMatcher & NthEvent;
  readonly stream_garble: RequestMatcher & NthEvent;
  readonly stream_error: RequestMatcher &
    AfterEvents & {
      /** Default `openai`. */
      readonly vendor?: 'openai' | 'openai responses' | 'anthropic' | 'vllm' | 'bedrock';
      readonly code?: string;
    };
  /** `interval` in milliseconds; default 1000. */
  readonly stream_heartbeat: RequestMatcher &
    AfterEvents & { readonly interval?: number; readonly as?: 'comment' | 'ping' };
}

/** Toxics that are done to the handshakes of clients, at a proxy that ends their TLS. */
export interface HandshakeToxics {
  readonly bad_certificate: {
    /** Default `expired`. */
    readonly fault?: 'expired' | 'not_yet_valid' | 'wrong_name' | 'unknown_authority' | 'self_signed';
  };
  readonly tls_stall: NoAttributes;
  readonly tls_cut: NoAttributes;
}

/** Every type of toxic, with its attributes. `GET /capabilities` has them with their ranges. */
export interface ToxicAttributes extends ByteToxics, RequestToxics, HandshakeToxics {}

export type ToxicType = keyof ToxicAttributes;

type NoAttributes = Readonly<Record<string, never>>;

/** A toxic of one type, as it is asked for. */
export type Toxic<Type extends ToxicType> = {
  readonly type: Type;
  /** Default the type and the stream, as `latency_downstream`. */
  readonly name?: string;
  /** `upstream` is from the client to the server; default `downstream`. */
  readonly stream?: 'upstream' | 'downstream';
  /** The share of connections that it is done to, or of requests; from 0 to 1, default 1. */
  readonly toxicity?: number;
  /** A whole number that decides what is left to chance; default by the proxy's seed, or the server's. */
  readonly seed?: number;
  /** Without a heartbeat for so many seconds it ends by itself; default never. */
  readonly lease?: number;
} & AttributesField<ToxicAttributes[Type]>;

/** A toxic of any type. */
export type AnyToxic = { readonly [Type in ToxicType]: Toxic<Type> }[ToxicType];

/** Where one of the attributes has to be given, they have to be. */
type AttributesField<Attributes> = NoAttributes extends Attributes
  ? { readonly attributes?: Attributes }
  : { readonly attributes: Attributes };
