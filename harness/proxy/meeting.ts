import type { Random } from '../kit/random.ts';
import type { ActiveToxic, AnyKind } from './active-toxic.ts';
import { isHttpKind, type HttpToxicKind } from './http/http-toxic.ts';
import type { TlsToxicKind } from './tls/tls-toxic.ts';
import type { Alteration, Decision, ToxicKind } from './toxics/toxic.ts';

/** A toxic and a connection: what was rolled for it there, and whether it has done anything to it. */
export class Meeting<Kind extends AnyKind = AnyKind> {
  readonly toxic: ActiveToxic<Kind>;
  /** Chance for this toxic on this connection only. */
  readonly random: Random;
  readonly #connection: number;
  readonly #roll: number;
  readonly #record = (decision: Decision): void =>
    this.toxic.decisionLog?.push({ connection: this.#connection, ...decision });
  #isAltered = false;
  /** Requests that match and have been on the connection since the toxic came to it. Always 0 where it knows bytes only. */
  requestsMatched = 0;

  constructor(toxic: ActiveToxic<Kind>, connection: number, random: Random) {
    this.toxic = toxic;
    this.random = random;
    this.#connection = connection;
    const decision = toxic.decideToxicity(random);
    this.#roll = decision.drawn;
    // Of requests each is decided by itself.
    if (!isHttpKind(toxic.kind)) this.decided?.(decision);
  }

  /** Whether the toxic is done to the connection. Rolled once for its life; an update of the toxicity is held against the same roll. */
  get isOn(): boolean {
    return this.#roll < this.toxic.toxicity;
  }

  /** Undefined while nobody wants to know. */
  get decided(): ((decision: Decision) => void) | undefined {
    return this.toxic.decisionLog && this.#record;
  }

  /** Counts what was done to bytes, and the connection the first time. */
  alter(bytes: number, how?: Alteration): void {
    if (how !== undefined) this.toxic.count(how, bytes);
    if (this.#isAltered) return;
    this.#isAltered = true;
    this.toxic.connectionsAltered += 1;
  }
}

export function isAtBytes(meeting: Meeting): meeting is Meeting<ToxicKind> {
  return !('layer' in meeting.toxic.kind);
}

export function isAtRequests(meeting: Meeting): meeting is Meeting<HttpToxicKind> {
  return isHttpKind(meeting.toxic.kind);
}

export function isAtHandshakes(meeting: Meeting): meeting is Meeting<TlsToxicKind> {
  return 'layer' in meeting.toxic.kind && meeting.toxic.kind.layer === 'tls';
}
