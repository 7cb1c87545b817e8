import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
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
}

interface Link {
  readonly meeting: HttpMeeting;
  /** Undefined once the toxic is gone. */
  stage: BodyStage | undefined;
  /** It has ended the body for what comes behind it. */
  isEnded: boolean;
}

/** The faults that are done to the body of one response, one behind the other. */
export class BodyChain {
  readonly #links: Link[] = [];
  readonly #sink: BodySink;
  #isCut = false;
  #isEnded = false;

  /** @param count told of every alteration, but for those that come to nothing, since the body has been ended behind them */
  constructor(
    faults: readonly ChosenFault[],
    head: ResponseFacts,
    settings: {
      readonly clock: Clock;
      readonly sink: BodySink;
      readonly count: (meeting: HttpMeeting, bytes: number, how: Alteration) => void;
    },
  ) {
    const { clock, sink, count } = settings;
    this.#sink = sink;
    for (const { meeting, fault, random } of faults) {
      if (fault.kind !== 'body') continue;
      const place = this.#links.length;
      const link: Link = { meeting, stage: undefined, isEnded: false };
      this.#links.push(link);
      link.stage = fault.start(
        {
          ...{ clock, random },
          forward: (bytes) => {
            if (link.isEnded || bytes.length === 0) return;
            this.#chunkAt(place + 1, bytes);
            sink.moved();
          },
          end: () => this.#endBehind(place),
          cut: (how) => this.#cut(link, how),
          altered: (bytes, how) => {
            if (!this.#isEndedFrom(place)) count(meeting, bytes, how);
          },
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
    return this.#links.some(({ stage }) => stage?.full ?? false);
  }

  chunk(bytes: Buffer): void {
    this.#chunkAt(0, bytes);
  }

  /** The server has finished the body. */
  end(): void {
    this.#endAt(0);
  }

  /** A toxic is gone. */
  release(toxic: ActiveToxic): void {
    for (const link of this.#links) {
      if (link.meeting.toxic !== toxic) continue;
      const { stage } = link;
      stage?.release();
      link.stage = undefined;
    }
  }

  discard(): void {
    for (const link of this.#links) link.stage?.discard();
    this.#isCut = true;
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
      this.#sink.end();
    } else if (link.isEnded) return;
    else if (link.stage) link.stage.end();
    else this.#endBehind(place);
  }

  #endBehind(place: number): void {
    const link = this.#links[place];
    if (!link || link.isEnded) return;
    link.isEnded = true;
    this.#endAt(place + 1);
  }

  /** What later faults still hold goes out before a close, as in the chain of a connection; a reset loses it. */
  #cut(link: Link, how: 'close' | 'reset'): void {
    if (this.isEnded || link.isEnded) return;
    link.isEnded = true;
    if (how === 'close') for (const later of this.#links.slice(this.#links.indexOf(link) + 1)) later.stage?.release();
    this.#isCut = true;
    for (const { stage } of this.#links) stage?.discard();
    this.#sink.cut(how);
  }
}
