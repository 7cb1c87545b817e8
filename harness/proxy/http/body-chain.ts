import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { Pacer, PlaceInLine } from '../pacer.ts';
import { Alarm } from '../toxics/alarm.ts';
import type { Alteration } from '../toxics/toxic.ts';
import type { ChosenFault, HttpMeeting } from './choose-faults.ts';
import type { BodyStage, ResponseFacts } from './http-toxic.ts';

/** Where a body goes that has been through its faults. */
export interface BodySink {
  forward(bytes: Buffer): void;
  end(): void;
  cut(how: 'close' | 'reset'): void;
  /** A fault has handed something on, if only to the next fault, which may drop it: `full` may have changed. */
  moved(): void;
  /** Whether what is handed on cannot be taken at present. */
  readonly isBlocked: boolean;
  /** Whether more of it should wait for `BodyChain.goOn`; default never. */
  readonly isFull?: boolean;
}

/** So many pieces go through the faults of a body in one go, a millisecond's worth or two; then everything else gets its turn. */
const piecesAtOnce = 200;
/** Timers are no finer. */
const turnMs = 1;

interface Link {
  readonly meeting: HttpMeeting;
  /** Undefined once the toxic is gone. */
  stage: BodyStage | undefined;
  /** It has ended the body for what comes behind it. */
  isEnded: boolean;
  /** As much of what all connections hold together is here. */
  heldBytes: number;
}

/** The faults that are done to the body of one response, one behind the other. */
export class BodyChain {
  readonly #links: Link[] = [];
  readonly #sink: BodySink;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #pacer: Pacer;
  /** It is its turn by the pacer. */
  #isTurn = false;
  /** In turn with other connections: small events of many of them take all the time that there is. */
  readonly #turn: PlaceInLine;
  #isCut = false;
  #isEnded = false;
  /** How many pieces may still go on in this go. */
  #leftOfGo = piecesAtOnce;
  /** A fault holds something until it is told to go on. */
  #isHeld = false;
  /** A fault is letting go: what another handed to it now would be lost in it. */
  #isReleasing = false;

  /** @param count told of every alteration, but for those that come to nothing, since the body has been ended behind them */
  constructor(
    faults: readonly ChosenFault[],
    head: ResponseFacts,
    settings: {
      readonly clock: Clock;
      readonly pacer: Pacer;
      readonly sink: BodySink;
      readonly count: (meeting: HttpMeeting, bytes: number, how: Alteration) => void;
    },
  ) {
    const { clock, pacer, sink, count } = settings;
    this.#sink = sink;
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#pacer = pacer;
    this.#turn = pacer.place(() => this.#takeTurn());
    for (const { meeting, fault, random } of faults) {
      if (fault.kind !== 'body') continue;
      const place = this.#links.length;
      const link: Link = { meeting, stage: undefined, isEnded: false, heldBytes: 0 };
      this.#links.push(link);
      link.stage = fault.start(
        {
          ...{ clock, random },
          forward: (bytes) => {
            if (link.isEnded || bytes.length === 0) return;
            this.#chunkAt(place + 1, bytes);
            this.goOn();
            sink.moved();
          },
          end: () => this.#endBehind(place),
          cut: (how) => this.#cut(link, how),
          altered: (bytes, how) => {
            if (!this.#isEndedFrom(place)) count(meeting, bytes, how);
          },
          mayGoOn: () => this.#mayGoOn(place),
          holds: (bytes) => holds(link, this.#isEndedFrom(place) ? 0 : bytes),
          get isBlocked() {
            return sink.isBlocked;
          },
        },
        head,
      );
    }
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#isCut;
  }

  get full(): boolean {
    return this.#isFullBehind(-1);
  }

  chunk(bytes: Buffer): void {
    if (!this.#isEndedFrom(0)) this.#chunkAt(0, bytes);
  }

  /** What is handed on may be taken again, or everything else has had its turn. */
  goOn(): void {
    if (!this.#isHeld || this.#isReleasing) return;
    this.#isHeld = false;
    // What is held behind goes first: those before it wait for that.
    for (const { stage } of this.#links.toReversed()) stage?.goOn?.();
  }

  /** The server has finished the body. */
  end(): void {
    this.#endAt(0);
  }

  /** A toxic is gone. */
  release(toxic: ActiveToxic): void {
    for (const link of this.#links) {
      if (link.meeting.toxic !== toxic) continue;
      this.#isReleasing = true;
      link.stage?.release();
      link.stage = undefined;
      holds(link, 0);
      this.#isReleasing = false;
    }
    this.goOn();
  }

  discard(): void {
    this.#alarm.close();
    for (const link of this.#links) {
      link.stage?.discard();
      holds(link, 0);
    }
    this.#isCut = true;
  }

  #mayGoOn(place: number): boolean {
    if (this.#isEndedFrom(place)) return false;
    const isFree = this.#sink.isFull !== true && !this.#isFullBehind(place);
    if (isFree && this.#leftOfGo > 0 && this.#mayBegin()) {
      this.#leftOfGo -= 1;
      return true;
    }
    this.#isHeld = true;
    if (isFree && !this.#alarm.isSet && !this.#turn.isTaken)
      this.#alarm.set(this.#clock.now() + turnMs, () => this.#turn.take());
    return false;
  }

  /** Whether a go has begun, or may begin now. */
  #mayBegin(): boolean {
    if (this.#leftOfGo < piecesAtOnce) return true;
    const comesUnasked = !this.#isTurn;
    if (comesUnasked && !this.#pacer.hasTime) return false;
    const fromMs = this.#clock.now();
    // A go ends with what the platform has called, whoever that was: all that it asks for counts together.
    queueMicrotask(() => {
      this.#leftOfGo = piecesAtOnce;
      if (comesUnasked) this.#pacer.spent(this.#clock.now() - fromMs);
    });
    return true;
  }

  #takeTurn(): void {
    this.#isTurn = true;
    this.goOn();
    this.#sink.moved();
    this.#isTurn = false;
  }

  /** Whether a fault behind that place holds as much as it should. What is held before an end goes nowhere. */
  #isFullBehind(place: number): boolean {
    if (this.isEnded) return false;
    for (let index = this.#links.length - 1; index > place; index--) {
      const link = this.#links[index];
      if (link?.isEnded === true) return false;
      if (link?.stage?.full === true) return true;
    }
    return false;
  }

  /** Nothing that is done at that place would reach the client. */
  #isEndedFrom(place: number): boolean {
    return this.isEnded || this.#links.some(({ isEnded }, index) => index >= place && isEnded);
  }

  #chunkAt(place: number, bytes: Buffer): void {
    if (this.isEnded) return;
    const link = this.#links[place];
    if (!link) this.#sink.forward(bytes);
    else if (link.isEnded) return;
    else if (link.stage) link.stage.chunk(bytes);
    else this.#chunkAt(place + 1, bytes);
  }

  #endAt(place: number): void {
    if (this.isEnded) return;
    const link = this.#links[place];
    if (!link) {
      this.#isEnded = true;
      this.#alarm.close();
      this.#sink.end();
    } else if (link.isEnded) return;
    else if (link.stage) link.stage.end();
    else this.#endBehind(place);
  }

  #endBehind(place: number): void {
    const link = this.#links[place];
    if (!link || link.isEnded) return;
    link.isEnded = true;
    // Nothing of what is held before it goes on any more.
    for (const one of this.#links.slice(0, place + 1)) holds(one, 0);
    this.#endAt(place + 1);
  }

  /** What later faults still hold goes out before a close, as in the chain of a connection; a reset loses it. */
  #cut(link: Link, how: 'close' | 'reset'): void {
    if (this.isEnded || link.isEnded) return;
    link.isEnded = true;
    if (how === 'close') for (const later of this.#links.slice(this.#links.indexOf(link) + 1)) later.stage?.release();
    this.discard();
    this.#sink.cut(how);
  }
}

/** Whether that is more than it should be, by what all connections hold together. */
function holds(link: Link, bytes: number): boolean {
  const { held } = link.meeting.toxic.shared;
  held.add(bytes - link.heldBytes);
  link.heldBytes = bytes;
  return held.isEnough(bytes);
}
