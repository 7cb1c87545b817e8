import type { Clock, Timer } from '../kit/clock.ts';
import type { ActiveToxic } from './active-toxic.ts';
import type { Meeting } from './meeting.ts';
import type { Alteration, ToxicKind, ToxicStage } from './toxics/toxic.ts';

/** Where bytes come from; a socket is one. It is paused while it sends more than can be taken. */
export interface PipeSource {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** The chunk that it is giving just now has been used, and its memory may be, too. Default it is left to its receiver. */
  takeBack?(chunk: Buffer): void;
}

/** Where bytes go to; a socket is one. `write` gives false when no more should come before `drain`. */
export interface PipeSink {
  on(event: 'drain', listener: () => void): unknown;
  write(chunk: Buffer): boolean;
  end(): unknown;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  /** Whether more should wait for `drain`. */
  readonly writableNeedDrain: boolean;
  /** How many bytes of those that were written it still holds. Undefined: it may hold any. */
  readonly writableLength?: number | undefined;
}

/** What a pipe needs of the connection that it is a half of. */
export interface PipeSettings {
  readonly source: PipeSource;
  readonly sink: PipeSink;
  readonly clock: Clock;
  /** Told of bytes that came from the sender. */
  came(bytes: number): void;
  /** Told of bytes that were handed to the receiver. */
  passed(bytes: number): void;
  close(): void;
  /** Closes once the sink has been told of its end. */
  closeBehind(): void;
  reset(): void;
}

/**
 * Who sends into a hole, or to a receiver that has gone, is never slowed down by one, and a few of them would take all the time that there is. So
 * after so many bytes that were dropped the source rests, as a sender does whose bytes nobody acknowledges: twice as long each time, as long as
 * nothing arrives.
 */
const restBytes = 65_536;
const shortestRestMs = 10;
const longestRestMs = 320;

/** The place of a toxic in the chain. It has a stage while the connection is among those that the toxic is done to. */
interface Slot {
  readonly meeting: Meeting<ToxicKind>;
  stage: ToxicStage | undefined;
  next: Slot | undefined;
  ended: boolean;
}

/**
 * One direction of a connection: source, the stages of its toxics in order, sink. Everything is synchronous, so that a toxic can be put
 * in and taken out between two chunks. Memory is bounded by the stages' own limits, since the source is paused while one of them is full
 * or while the sink does not take more.
 */
export class Pipe {
  readonly #settings: PipeSettings;
  readonly #source: PipeSource;
  readonly #sink: PipeSink;
  readonly #slots: Slot[] = [];
  #first: Slot | undefined;
  #sinkBlocked = false;
  #paused = false;
  /** What the source is giving just now. */
  #coming: Buffer | undefined;
  /** A stage is letting go of what it holds. */
  #isReleasing = false;
  /** A toxic has ended the stream, and the connection with it. */
  #closing = false;
  /** What is done in place of an end, or a close, where the sender broke down. */
  #reset: (() => void) | undefined;
  /** The end has come through all stages. */
  #isThrough = false;
  /** The connection is gone. */
  #isOver = false;
  /** Since the source rested last. */
  #droppedBytes = 0;
  #rest: Timer | undefined;
  #restMs = shortestRestMs;

  constructor(settings: PipeSettings) {
    this.#settings = settings;
    this.#source = settings.source;
    this.#sink = settings.sink;
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#source.on('end', () => this.end());
    this.#sink.on('drain', () => {
      this.#sinkBlocked = false;
      this.#regulate();
    });
  }

  /** Whether no toxic is done to it now: every byte passes at once. */
  get isClear(): boolean {
    return this.#first === undefined;
  }

  add(meeting: Meeting<ToxicKind>): void {
    this.#slots.push({ meeting, stage: undefined, next: undefined, ended: false });
    this.update(meeting.toxic);
  }

  /** Applies the toxic's present toxicity and attributes. */
  update(toxic: ActiveToxic): void {
    const slot = this.#slots.find((candidate) => candidate.meeting.toxic === toxic);
    if (!slot) return;
    const wanted = slot.meeting.isOn;
    if (slot.stage && wanted) slot.stage.update(slot.meeting.toxic.attributes);
    else if (slot.stage) this.#switchOff(slot);
    else if (wanted) this.#switchOn(slot);
    this.#regulate();
  }

  remove(toxic: ActiveToxic): void {
    const index = this.#slots.findIndex((candidate) => candidate.meeting.toxic === toxic);
    const slot = this.#slots[index];
    if (!slot) return;
    if (slot.stage) this.#switchOff(slot);
    this.#slots.splice(index, 1);
    this.#relink();
    this.#regulate();
  }

  /** The sender has ended. */
  end(): void {
    this.#endAt(this.#first);
  }

  /** Ends the stream here, and the connection with it once what is on its way has been delivered. */
  finish(): void {
    this.#closing = true;
    // The end of the sender may have come through before: nothing would come of another.
    if (this.#isThrough) this.#settings.closeBehind();
    else this.#endAt(this.#first);
  }

  /** The sender broke down and will end for that: what came before goes on as it would, and `reset` is done behind it. */
  breakDown(reset: () => void): void {
    // The end of the sender may have come through before: nothing would come of another.
    if (this.#isThrough) reset();
    else this.#reset = reset;
  }

  /** The sender broke down. Whether that vanishes on the way, so that the receiver must not see it. */
  broken(): boolean {
    for (let slot = this.#first; slot; slot = slot.next) if (slot.stage?.broken?.()) return true;
    return false;
  }

  /** The receiver is gone. What comes from now on is for nobody, but is taken, so that the end of the sender is seen. */
  abandon(): void {
    this.#dropStages();
    this.unblock();
  }

  /** The receiver takes nothing any more, and nobody is told: a sender that waits for it goes on, into nothing. */
  unblock(): void {
    this.#sinkBlocked = false;
    this.#regulate();
  }

  /** The connection is gone. */
  discard(): void {
    this.#isOver = true;
    this.#dropStages();
  }

  #dropStages(): void {
    this.#rest?.cancel();
    this.#rest = undefined;
    for (const slot of this.#slots) slot.stage?.discard();
    this.#slots.length = 0;
    this.#first = undefined;
  }

  #take(chunk: Buffer): void {
    this.#settings.came(chunk.length);
    if (this.#closing) return;
    this.#coming = chunk;
    if (this.#first) {
      this.#first.stage?.chunk(chunk);
      this.#regulate();
    } else this.#deliver(chunk);
    this.#coming = undefined;
  }

  #deliver(chunk: Buffer): void {
    if (this.#sink.destroyed) {
      this.#dropped(chunk.length);
      this.#regulate();
      return;
    }
    this.#restMs = shortestRestMs;
    this.#settings.passed(chunk.length);
    const hasRoom = this.#sink.write(chunk);
    const isThrough = this.#sink.writableLength === 0;
    if (isThrough && chunk === this.#coming) this.#source.takeBack?.(chunk);
    // A sink also asks to wait when it has just been given more than it should ever hold, and holds nothing any more.
    if (hasRoom || isThrough) return;
    this.#sinkBlocked = true;
    this.#regulate();
  }

  #endAt(slot: Slot | undefined): void {
    if (slot?.stage) {
      slot.stage.end();
      return;
    }
    this.#isThrough = true;
    if (this.#reset) {
      this.#reset();
      return;
    }
    if (!this.#sink.destroyed && !this.#sink.writableEnded) this.#sink.end();
    if (this.#closing) this.#settings.closeBehind();
  }

  #switchOn(slot: Slot): void {
    const { clock } = this.#settings;
    const { meeting } = slot;
    slot.ended = false;
    slot.stage = meeting.toxic.start(meeting.toxic.attributes, {
      clock,
      random: meeting.random,
      get decided() {
        return meeting.decided;
      },
      forward: (chunk) => {
        if (slot.ended) return;
        const next = slot.next?.stage;
        if (next) next.chunk(chunk);
        else this.#deliver(chunk);
        this.#regulate();
      },
      end: () => {
        if (slot.ended) return;
        slot.ended = true;
        this.#endAt(slot.next);
      },
      close: () => {
        // Where the sender broke down, its receiver sees that in place of a close.
        if (this.#reset) this.#reset();
        else this.#settings.close();
      },
      closeBehind: () => this.#closeBehind(slot),
      reset: () => this.#settings.reset(),
      altered: (bytes: number, how?: Alteration) => {
        meeting.alter(bytes, how);
        if (how === 'dropped') this.#dropped(bytes);
      },
    });
    if (this.#rest) slot.stage.rest?.(true);
    this.#relink();
  }

  /**
   * What toxics behind it still hold goes on before the end. What comes later, or is held before it, would come after a gap: nothing of that goes
   * on, also where the toxic is taken away meanwhile.
   */
  #closeBehind(slot: Slot): void {
    for (const one of this.#slots.slice(0, this.#slots.indexOf(slot) + 1)) one.ended = true;
    this.#closing = true;
    this.#endAt(slot.next);
  }

  #switchOff(slot: Slot): void {
    // What a sender that is resumed sends at once would come to a stage that has let go already, and be lost in it.
    this.#isReleasing = true;
    slot.stage?.release();
    this.#isReleasing = false;
    slot.stage = undefined;
    this.#relink();
  }

  #relink(): void {
    let next: Slot | undefined;
    for (const slot of this.#slots.toReversed()) {
      slot.next = next;
      if (slot.stage) next = slot;
    }
    this.#first = next;
  }

  #dropped(bytes: number): void {
    this.#droppedBytes += bytes;
    if (this.#droppedBytes < restBytes || this.#rest || this.#isOver) return;
    this.#droppedBytes = 0;
    this.#rest = this.#settings.clock.setTimer(() => {
      this.#rest = undefined;
      for (const { stage } of this.#slots) stage?.rest?.(false);
      this.#regulate();
    }, this.#restMs);
    this.#restMs = Math.min(longestRestMs, 2 * this.#restMs);
    for (const { stage } of this.#slots) stage?.rest?.(true);
  }

  #regulate(): void {
    if (this.#isReleasing) return;
    const pause = this.#sinkBlocked || this.#rest !== undefined || this.#full();
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#source.pause();
    else this.#source.resume();
  }

  #full(): boolean {
    for (let slot = this.#first; slot; slot = slot.next) if (slot.stage?.full) return true;
    return false;
  }
}
