import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { PipeSink, PipeSource } from '../pipe.ts';
import type { HttpMeeting } from './choose-faults.ts';
import { HttpSession } from './http-session.ts';
import { mayBeginRequest } from './message-head.ts';

/** The server's end of a connection; a socket is one. */
type ServerEnd = PipeSource & PipeSink;

export interface EdgeSettings {
  readonly server: ServerEnd;
  readonly clock: Clock;
  /** Ends what the client gets, and the connection when that has arrived. */
  close(): void;
  reset(): void;
}

/**
 * The server's end of a connection, as its two pipes have it. Without a toxic that is done to requests it is the server itself; with one, there
 * is a session before it from the next request on. So such faults are what the server does, and what is done to bytes is done to their
 * results, too.
 */
export class HttpEdge {
  readonly source: PipeSource;
  readonly sink: PipeSink;
  readonly #settings: EdgeSettings;
  readonly #meetings: HttpMeeting[] = [];
  #session: HttpSession | undefined;
  /** Nothing has come from either side. */
  #isFresh = true;
  /**
   * The server has spoken last: what the client says next may be the beginning of a request. The answers to all before it are there then, unless the
   * client does not wait for them: nobody has looked where they end.
   */
  #mayAsk = false;
  #toClient: (chunk: Buffer) => void = () => undefined;
  #ended: () => void = () => undefined;
  #drained: () => void = () => undefined;
  #hasEnded = false;
  #isPausedBehind = false;
  #isPaused = false;
  /** The client waits until the session is no longer crowded. */
  #isCrowded = false;
  /** What goes from the server to the client just now, as it came. */
  #passing: Buffer | undefined;
  /** What the client said last went to the server as it came. */
  #hasPassed = false;

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
    const { server } = settings;
    server.on('data', (chunk: Buffer) => {
      if (this.#session) {
        this.#session.response(chunk);
        return;
      }
      this.#isFresh = false;
      this.#mayAsk = true;
      this.#passing = chunk;
      this.#toClient(chunk);
      this.#passing = undefined;
    });
    server.on('end', () => this.serverEnded());
    server.on('drain', () => {
      if (!this.#isCrowded) this.#drained();
    });
    this.source = this.#sourceOf();
    this.sink = this.#sinkOf(server);
  }

  add(meeting: HttpMeeting): void {
    this.#meetings.push(meeting);
  }

  remove(toxic: ActiveToxic): void {
    const index = this.#meetings.findIndex((meeting) => meeting.toxic === toxic);
    if (index === -1) return;
    this.#meetings.splice(index, 1);
    this.#session?.remove(toxic);
  }

  /** The server says no more: it has finished, or broke down. */
  serverEnded(): void {
    this.#hasEnded = true;
    if (this.#session) this.#session.responsesEnd();
    else this.#ended();
  }

  discard(): void {
    this.#session?.discard();
  }

  /** The session that bytes of the client go to, if any does. */
  #sessionFor(chunk: Buffer): HttpSession | undefined {
    if (this.#session) return this.#session;
    // Where the server has finished, nothing could be answered any more.
    const mayBegin = this.#isFresh || (this.#mayAsk && mayBeginRequest(chunk));
    if (this.#meetings.length > 0 && mayBegin && !this.#hasEnded) this.#session = this.#begin();
    this.#isFresh = false;
    this.#mayAsk = false;
    return this.#session;
  }

  #begin(): HttpSession {
    const { server, clock } = this.#settings;
    const session = new HttpSession({
      ...{ clock, meetings: this.#meetings, isFresh: this.#isFresh },
      // What the server does not take waits in its socket; the client is paused by what `write` of the sink gives.
      toServer: (raw) => void server.write(raw),
      toClient: (raw) => this.#toClient(raw),
      ended: () => this.#ended(),
      close: () => this.#settings.close(),
      reset: () => this.#settings.reset(),
      changed: () => {
        this.#leaveWherePossible();
        this.#regulate();
        this.#uncrowd();
      },
    });
    if (this.#isPausedBehind) session.block(true);
    return session;
  }

  /** Nothing is done to requests any more, and nothing of one is under way; or there is none. */
  #leaveWherePossible(): void {
    const session = this.#session;
    if (!session) return;
    if (!session.hasGivenUp && (this.#meetings.length > 0 || !session.isAtRest)) return;
    this.#session = undefined;
    const begun = session.leave();
    this.#mayAsk = begun.length === 0 && !session.hasGivenUp;
    if (begun.length > 0) this.#settings.server.write(begun);
  }

  #regulate(): void {
    const pause = this.#isPausedBehind || (this.#session?.full ?? false);
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    if (pause) this.#settings.server.pause();
    else this.#settings.server.resume();
  }

  #uncrowd(): void {
    if (!this.#isCrowded || this.#session?.isCrowded === true) return;
    this.#isCrowded = false;
    // Else the server says so itself, later.
    if (!this.#settings.server.writableNeedDrain) this.#drained();
  }

  #sourceOf(): PipeSource {
    const apply = (isPaused: boolean): void => {
      // It may have been paused again meanwhile.
      if (this.#isPausedBehind !== isPaused) return;
      this.#session?.block(isPaused);
      this.#regulate();
    };
    const behind = (isPaused: boolean): void => {
      this.#isPausedBehind = isPaused;
      // As a socket does: who resumes is in the middle of handing something on, and what comes must not overtake that.
      if (isPaused) apply(true);
      else queueMicrotask(() => apply(false));
    };
    return {
      on: (event: 'data' | 'end', listener: ((chunk: Buffer) => void) | (() => void)) => {
        if (event === 'data') this.#toClient = listener;
        else this.#ended = listener as () => void;
      },
      pause: () => behind(true),
      resume: () => behind(false),
      takeBack: (chunk) => {
        if (chunk === this.#passing) this.#settings.server.takeBack?.(chunk);
      },
    };
  }

  #sinkOf(server: ServerEnd): PipeSink {
    const write = (chunk: Buffer): boolean => {
      const session = this.#sessionFor(chunk);
      this.#hasPassed = session === undefined;
      if (!session) return server.write(chunk);
      session.request(chunk);
      this.#isCrowded = this.#session?.isCrowded ?? false;
      return !this.#isCrowded && !server.writableNeedDrain;
    };
    // What is answered in the place of a server that has broken down is heard to its end all the same.
    const isGone = (): boolean => server.destroyed && (this.#session?.isDone ?? true);
    const held = (): number | undefined => (this.#hasPassed ? server.writableLength : undefined);
    return {
      on: (_event, listener) => (this.#drained = listener),
      write,
      end: () => {
        this.#session?.requestsEnd();
        server.end();
      },
      get destroyed() {
        return isGone();
      },
      get writableEnded() {
        return server.writableEnded;
      },
      get writableNeedDrain() {
        return server.writableNeedDrain;
      },
      get writableLength() {
        return held();
      },
    };
  }
}
