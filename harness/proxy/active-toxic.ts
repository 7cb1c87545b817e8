import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { DecisionLog } from './decision-log.ts';
import { Meeting } from './meeting.ts';
import type { AttributeValues, HttpToxicKind } from './http/http-toxic.ts';
import type { TlsToxicKind } from './tls/tls-toxic.ts';
import { Pacer } from './pacer.ts';
import { HeldTogether } from './toxics/held-together.ts';
import type { SharedByServer } from './toxics/toxic.ts';
import type {
  Alteration,
  Attributes,
  Decision,
  DoorState,
  ToxicKind,
  ToxicOutlet,
  ToxicStage,
} from './toxics/toxic.ts';

/** What is done to the bytes of a connection, to the requests on it, or to the handshake before them. */
export type AnyKind = ToxicKind | HttpToxicKind | TlsToxicKind;
type AttributesOf<Kind> = Kind extends ToxicKind ? Attributes : AttributeValues;

/** Client to server, or server to client. */
export type Direction = 'upstream' | 'downstream';

/** A toxic as the wire shows it. */
export interface ToxicView {
  readonly attributes: AttributeValues;
  readonly name: string;
  readonly type: string;
  readonly stream: string;
  readonly toxicity: number;
  /** As it was sent, where it was. `lease` is in seconds. */
  readonly seed?: number;
  readonly lease?: number;
}

/** A toxic that has been asked for and found in order. */
export interface ToxicRequest {
  readonly name: string;
  readonly kind: AnyKind;
  /** As it was sent: Toxiproxy takes `UPSTREAM` and echoes it. */
  readonly stream: string;
  readonly direction: Direction;
  /** The share of connections, or of requests, that it is done to: from 0 to 1. */
  readonly toxicity: number;
  readonly attributes: AttributeValues;
  /** Decides what is left to chance in place of the server's and the proxy's; default by those. */
  readonly seed?: number | undefined;
  /** Without a heartbeat for so long it ends by itself; default never. Milliseconds. */
  readonly leaseMs?: number | undefined;
}

/** Why a toxic is no longer there. */
export type ToxicEnding = 'removed' | 'reset' | 'lease lapsed' | 'proxy deleted' | 'stopped';

/** What a toxic has done. Kept after its removal. Times are epoch milliseconds. */
export interface ToxicAccount {
  readonly proxy: string;
  readonly toxic: string;
  readonly type: string;
  readonly stream: string;
  readonly activeFromMs: number;
  /** Null while it is there. */
  readonly activeToMs: number | null;
  readonly ended: ToxicEnding | null;
  /** Connections that were open while it was there, whatever its toxicity. */
  readonly connectionsSeen: number;
  /** Those of them to which it did something: delayed, dropped, closed or reset. */
  readonly connectionsAltered: number;
  /** Requests that were on connections while it was there, and those of them to which it did something. Always 0 where it knows bytes only. */
  readonly requestsSeen: number;
  readonly requestsAltered: number;
  /** The sum of the next five; each byte is counted once. */
  readonly bytesAltered: number;
  /** Held back for a time. */
  readonly bytesDelayed: number;
  /** Never passed on. */
  readonly bytesDropped: number;
  /** Passed on with another content. */
  readonly bytesCorrupted: number;
  /** Passed on in other pieces than they came in, with or without a delay. */
  readonly bytesCut: number;
  /** Passed on without having come: answers in the place of the server, events that were sent twice, errors and heartbeats in a stream. */
  readonly bytesAdded: number;
}

type Start = (attributes: Attributes, outlet: ToxicOutlet) => ToxicStage;

function starterOf(kind: AnyKind, clock: Clock, shared: SharedByServer): Start {
  if ('layer' in kind) throw new Error(`${kind.type} is not done to bytes: it has no stage in a pipe.`);
  return kind.together?.(clock, shared) ?? ((attributes, outlet) => kind.start(attributes, outlet));
}

/** A toxic at a proxy, with its account. */
export class ActiveToxic<Kind extends AnyKind = AnyKind> {
  readonly proxy: string;
  readonly name: string;
  readonly kind: Kind;
  readonly stream: string;
  readonly direction: Direction;
  readonly #clock: Clock;
  readonly shared: SharedByServer;
  readonly #activeFromMs: number;
  readonly seed: number | undefined;
  leaseMs: number | undefined;
  #start: Start | undefined;
  toxicity: number;
  attributes: AttributesOf<Kind>;
  /** Where what is left to chance is written down; undefined while nobody wants to know. */
  decisionLog: DecisionLog | undefined;
  connectionsSeen = 0;
  connectionsAltered = 0;
  requestsSeen = 0;
  /** Those that its matcher fits to, and those of them that were chosen to be altered. */
  requestsMatched = 0;
  requestsChosen = 0;
  requestsAltered = 0;
  readonly #bytes: Record<Alteration, number> = { delayed: 0, dropped: 0, corrupted: 0, cut: 0, added: 0 };
  #ending: { readonly activeToMs: number; readonly ended: ToxicEnding } | undefined;

  /** @param shared default that of a server of its own */
  constructor(
    proxy: string,
    request: ToxicRequest & { readonly kind: Kind },
    clock: Clock,
    shared: SharedByServer = { held: new HeldTogether(), pacer: new Pacer(clock, () => undefined) },
  ) {
    this.proxy = proxy;
    this.name = request.name;
    this.kind = request.kind;
    this.stream = request.stream;
    this.direction = request.direction;
    this.toxicity = request.toxicity;
    // Both were checked against the kind when they were read.
    this.attributes = request.attributes as AttributesOf<Kind>;
    this.seed = request.seed;
    this.leaseMs = request.leaseMs;
    this.#clock = clock;
    this.shared = shared;
    this.#activeFromMs = clock.now();
  }

  /** Whether it is what a request asks for. */
  isAs(request: ToxicRequest): boolean {
    const { kind, stream, toxicity, attributes, seed, leaseMs } = request;
    const own = [this.kind.type, this.stream, this.toxicity, this.attributes, this.seed, this.leaseMs];
    return isDeepStrictEqual([kind.type, stream, toxicity, attributes, seed, leaseMs], own);
  }

  /** Comes to a connection: `random` is its chance there. */
  meet(connection: number, random: Random): Meeting<Kind> {
    this.connectionsSeen += 1;
    return new Meeting(this, connection, random);
  }

  /** Whether it is done to a connection of that chance: the first thing that is drawn there. */
  decideToxicity(random: Random): Decision {
    const drawn = random.next();
    return { what: 'toxicity', place: 0, drawn, outcome: drawn < this.toxicity };
  }

  /** Comes to one direction of one connection. */
  start(attributes: Attributes, outlet: ToxicOutlet): ToxicStage {
    this.#start ??= starterOf(this.kind, this.#clock, this.shared);
    return this.#start(attributes, outlet);
  }

  count(how: Alteration, bytes: number): void {
    this.#bytes[how] += bytes;
  }

  /** Where it is put on a connection. */
  get directions(): readonly Direction[] {
    return this.kind.isTwoWay ? ['upstream', 'downstream'] : [this.direction];
  }

  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  finish(ended: ToxicEnding): void {
    this.#ending ??= { activeToMs: this.#clock.now(), ended };
  }

  /** What it does to the door: to all clients, or at toxicity 0 to none. */
  get door(): DoorState {
    return this.toxicity > 0 ? (this.kind.door ?? 'open') : 'open';
  }

  view(): ToxicView {
    const { attributes, name, kind, stream, toxicity, seed, leaseMs } = this;
    return {
      ...{ attributes, name, type: kind.type, stream, toxicity },
      ...(seed === undefined ? {} : { seed }),
      ...(leaseMs === undefined ? {} : { lease: leaseMs / 1000 }),
    };
  }

  account(): ToxicAccount {
    const { delayed, dropped, corrupted, cut, added } = this.#bytes;
    return {
      proxy: this.proxy,
      toxic: this.name,
      type: this.kind.type,
      stream: this.stream,
      activeFromMs: this.#activeFromMs,
      activeToMs: this.#ending?.activeToMs ?? null,
      ended: this.#ending?.ended ?? null,
      connectionsSeen: this.connectionsSeen,
      connectionsAltered: this.connectionsAltered,
      requestsSeen: this.requestsSeen,
      requestsAltered: this.requestsAltered,
      bytesAltered: delayed + dropped + corrupted + cut + added,
      bytesDelayed: delayed,
      bytesDropped: dropped,
      bytesCorrupted: corrupted,
      bytesCut: cut,
      bytesAdded: added,
    };
  }
}
