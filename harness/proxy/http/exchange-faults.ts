import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { Alteration } from '../toxics/toxic.ts';
import { BodyChain, type BodySink } from './body-chain.ts';
import type { ChosenFault, HttpMeeting } from './choose-faults.ts';
import type { RequestFault, ResponseFacts } from './http-toxic.ts';
import { changedHead } from './write-head.ts';

type Answer = Extract<RequestFault, { kind: 'answer' }>;

/** The faults of a body at work: see `RequestFault`. */
export interface StartedBody {
  readonly chain: BodyChain;
  readonly changesLength: boolean;
  readonly endsEarly: boolean;
  /** Counts those that have the head changed, since nobody knows beforehand what they will do to the body. */
  countHead(change: { readonly losesLength: boolean; readonly saysClose: boolean }): void;
}

/** The faults of one request and of its response, whatever they are carried by: bytes on a socket, or objects in a simulated network. */
export class ExchangeFaults {
  readonly #chosen: readonly ChosenFault[];
  /** What is answered in the place of the server; undefined where it is asked. It stays decided when its toxic goes. */
  readonly answer: Answer | undefined;
  readonly #answeredBy: HttpMeeting | undefined;
  readonly #alteredBy = new Set<HttpMeeting>();
  readonly #gone = new Set<ActiveToxic>();
  #chain: BodyChain | undefined;

  constructor(chosen: readonly ChosenFault[]) {
    this.#chosen = chosen;
    // Of several answers the first is given.
    const first = chosen.find(({ fault }) => fault.kind === 'answer');
    if (first?.fault.kind === 'answer') this.answer = first.fault;
    this.#answeredBy = first?.meeting;
  }

  /** Nothing is done to the request. */
  get isEmpty(): boolean {
    return this.#chosen.length === 0;
  }

  /** The head of the request as the server gets it. A client that asks for gzip would get a body that no fault can look into. */
  requestHead(raw: Buffer): Buffer {
    const isRead = this.#chosen.some(({ fault }) => fault.kind === 'body' && fault.readsBody === true);
    return isRead ? changedHead(raw, { without: ['accept-encoding'], with: ['accept-encoding: identity'] }) : raw;
  }

  /** How long the head of the response waits, by the toxics that are still there. */
  get delayMs(): number {
    let sum = 0;
    for (const { meeting, fault } of this.#chosen)
      if (fault.kind === 'delay' && !this.#gone.has(meeting.toxic)) sum += fault.delayMs;
    return sum;
  }

  /** By how much the length that is said differs from that of the body. */
  get lengthDifference(): number {
    let sum = 0;
    for (const { meeting, fault } of this.#chosen)
      if (fault.kind === 'length' && !this.#gone.has(meeting.toxic)) sum += fault.difference;
    return sum;
  }

  /** Counts the answer, also where its toxic has gone since it was decided. */
  countAnswer(bytes: number): void {
    if (this.#answeredBy) this.#count(this.#answeredBy, bytes, 'added');
  }

  /** Counts what delays, or changed lengths, have done: those that do something, and are still there. */
  count(kind: 'delay' | 'length', bytes: number, how: Alteration): void {
    for (const { meeting, fault } of this.#chosen) {
      if (fault.kind !== kind || this.#gone.has(meeting.toxic)) continue;
      if (fault.kind === 'delay' && fault.delayMs === 0) continue;
      this.#count(meeting, bytes, how);
    }
  }

  /** The faults of the body, where there are any that fit to it. */
  startBody(
    head: ResponseFacts,
    { clock, sink }: { readonly clock: Clock; readonly sink: BodySink },
  ): StartedBody | undefined {
    if (this.isEmpty) return undefined;
    const fitting = this.#chosen.filter(
      ({ meeting, fault }) => fault.kind === 'body' && !this.#gone.has(meeting.toxic) && (fault.fits?.(head) ?? true),
    );
    if (!fitting[0]) return undefined;
    const count = (meeting: HttpMeeting, bytes: number, how: Alteration): void => this.#count(meeting, bytes, how);
    const { pacer } = fitting[0].meeting.toxic.shared;
    this.#chain = new BodyChain(fitting, head, { clock, pacer, sink, count });
    const changing = fitting.filter(({ fault }) => fault.kind === 'body' && fault.changesLength);
    const ending = fitting.filter(({ fault }) => fault.kind === 'body' && fault.endsEarly === true);
    return {
      chain: this.#chain,
      changesLength: changing.length > 0,
      endsEarly: ending.length > 0,
      countHead: ({ losesLength, saysClose }) => {
        if (losesLength) for (const { meeting } of changing) count(meeting, 0, 'corrupted');
        if (saysClose) for (const { meeting } of ending) count(meeting, 0, 'corrupted');
      },
    };
  }

  /** A toxic is gone: what it holds goes on. */
  release(toxic: ActiveToxic): void {
    this.#gone.add(toxic);
    this.#chain?.release(toxic);
  }

  discard(): void {
    this.#chain?.discard();
  }

  #count(meeting: HttpMeeting, bytes: number, how: Alteration): void {
    meeting.alter(bytes, how);
    if (this.#alteredBy.has(meeting)) return;
    this.#alteredBy.add(meeting);
    meeting.toxic.requestsAltered += 1;
  }
}
