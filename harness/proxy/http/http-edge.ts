import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { PipeSink, PipeSource } from '../pipe.ts';
import type { HttpMeeting } from './choose-faults.ts';
import { HttpSession } from './http-session.ts';

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
 * is a session before it. So such faults are what the server does, and what is done to bytes is done to their results, too.
 */
export class HttpEdge {
  readonly source: PipeSource;
  readonly sink: PipeSink;
  readonly #settings: EdgeSettings;
  readonly #meetings: HttpMeeting[] = [];
  #session: HttpSession | undefined;
  /** Whether bytes have come before there was a session. */
  #isFresh = true;
  #toClient: (chunk: Buffer) => void = () => undefined;
  #ended: () => void = () => undefined;
  #hasEnded = false;
  #isPausedBehind = false;
  #isPaused = false;

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
    const { server } = settings;
    server.on('data', (chunk: Buffer) => {
      if (this.#session) this.#session.response(chunk);
      else this.#toClient(chunk);
    });
    server.on('end', () => {
      this.#hasEnded = true;
      if (this.#session) this.#session.responseEnd();
      else this.#ended();
    });
    this.source = this.#sourceOf();
    this.sink = this.#sinkOf(server);
  }

  add(meeting: HttpMeeting): void {
    this.#meetings.push(meeting);
    this.#session ??= this.#begin();
  }

  remove(toxic: ActiveToxic): void {
    const index = this.#meetings.findIndex((meeting) => meeting.toxic === toxic);
    if (index === -1) return;
    this.#meetings.splice(index, 1);
    this.#session?.remove(toxic);
    this.#leaveAtRest();
  }

  discard(): void {
    this.#session?.discard();
  }

  #begin(): HttpSession {
    const { server, clock } = this.#settings;
    const session = new HttpSession({
      clock,
      meetings: () => this.#meetings,
      isFresh: this.#isFresh,
      // What the server does not take waits in its socket; the client is paused by what `write` of the sink gives.
      toServer: (raw) => void server.write(raw),
      toClient: (raw) => this.#toClient(raw),
      ended: () => this.#ended(),
      close: () => this.#settings.close(),
      reset: () => this.#settings.reset(),
      changed: () => {
        this.#regulate();
        this.#leaveAtRest();
      },
    });
    if (this.#hasEnded) session.responseEnd();
    return session;
  }

  /** Nothing is done to requests any more, and nothing of one is under way. */
  #leaveAtRest(): void {
    if (this.#meetings.length > 0 || this.#session?.isAtRest !== true) return;
    this.#session = undefined;
    this.#isFresh = false;
    this.#regulate();
  }

  #regulate(): void {
    const pause = this.#isPausedBehind || (this.#session?.full ?? false);
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    if (pause) this.#settings.server.pause();
    else this.#settings.server.resume();
  }

  #sourceOf(): PipeSource {
    const behind = (isPaused: boolean): void => {
      this.#isPausedBehind = isPaused;
      this.#regulate();
    };
    return {
      on: (event: 'data' | 'end', listener: ((chunk: Buffer) => void) | (() => void)) => {
        if (event === 'data') this.#toClient = listener;
        else this.#ended = listener as () => void;
      },
      pause: () => behind(true),
      resume: () => behind(false),
    };
  }

  #sinkOf(server: ServerEnd): PipeSink {
    const write = (chunk: Buffer): boolean => {
      this.#isFresh = false;
      if (!this.#session) return server.write(chunk);
      this.#session.request(chunk);
      return !server.writableNeedDrain;
    };
    return {
      on: (event, listener) => server.on(event, listener),
      write,
      end: () => server.end(),
      get destroyed() {
        return server.destroyed;
      },
      get writableEnded() {
        return server.writableEnded;
      },
      get writableNeedDrain() {
        return server.writableNeedDrain;
      },
    };
  }
}
