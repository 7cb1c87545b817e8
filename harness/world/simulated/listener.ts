import type { Clock, Timer } from '../../kit/clock.ts';
import { dialLimitMs } from '../../proxy/connection.ts';
import type { Handler, SimulatedConnection } from './simulated-connection.ts';

/** What a server puts up with. */
export interface ListenLimits {
  /** Connections that it serves at a time; default without limit. */
  readonly connections?: number;
  /** What becomes of those on top: they wait to be accepted (default), or are closed at once, as a server of Node does that has `maxConnections`. */
  readonly excess?: 'waits' | 'is closed';
  /** Connections that wait to be accepted where there are so many; default 511, as Node asks for. What comes on top is not answered at all. */
  readonly backlog?: number;
  /** How long a connection is kept on which nothing is asked; default for ever. Milliseconds. */
  readonly keepAliveMs?: number;
}

const usualBacklog = 511;

/** Something that listens on an address, and the connections to it. */
export class Listener {
  readonly handler: Handler;
  readonly #limits: ListenLimits;
  readonly #clock: Clock;
  readonly #served = new Set<SimulatedConnection>();
  readonly #waiting = new Map<SimulatedConnection, () => void>();
  /** Since when nothing has been asked on a connection; those that are busy are not here. */
  readonly #idleSinceMs = new Map<SimulatedConnection, number>();
  readonly #timers = new Map<SimulatedConnection, Timer>();

  constructor(handler: Handler, limits: ListenLimits, clock: Clock) {
    this.handler = handler;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** What answers the requests of a connection, as soon as that has been accepted; undefined where it is closed instead. */
  handlerFor(connection: SimulatedConnection): Handler | undefined {
    this.#idleSinceMs.delete(connection);
    const { connections: most, excess } = this.#limits;
    if (most === undefined || this.#served.has(connection)) return this.handler;
    if (excess === 'is closed') {
      if (this.#served.size >= most) return undefined;
      this.#served.add(connection);
      return this.handler;
    }
    return async (request) => {
      await this.#accepted(connection, most);
      return this.handler(request);
    };
  }

  /** Resolves when it is served: at once, or when another is closed. One that not even the backlog takes is given up by who dials. */
  #accepted(connection: SimulatedConnection, most: number): Promise<void> {
    if (this.#served.size < most) {
      this.#served.add(connection);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      if (this.#waiting.size < (this.#limits.backlog ?? usualBacklog)) this.#waiting.set(connection, resolve);
      else this.#clock.setTimer(() => connection.close(), dialLimitMs);
    });
  }

  /** Nothing is asked on it at the moment. */
  rest(connection: SimulatedConnection): void {
    const { keepAliveMs } = this.#limits;
    if (keepAliveMs === undefined) return;
    this.#idleSinceMs.set(connection, this.#clock.now());
    if (!this.#timers.has(connection)) this.#lookAgain(connection, keepAliveMs, keepAliveMs);
  }

  /** Looks now and then whether a connection has been idle for too long: one timer for all the requests on it in the meantime. */
  #lookAgain(connection: SimulatedConnection, inMs: number, keepAliveMs: number): void {
    const look = (): void => {
      this.#timers.delete(connection);
      const sinceMs = this.#idleSinceMs.get(connection);
      if (sinceMs === undefined) return;
      const leftMs = sinceMs + keepAliveMs - this.#clock.now();
      if (leftMs > 0) this.#lookAgain(connection, leftMs, keepAliveMs);
      else connection.close();
    };
    this.#timers.set(connection, this.#clock.setTimer(look, inMs));
  }

  /** It is gone; the next one is accepted. */
  closed(connection: SimulatedConnection): void {
    this.#idleSinceMs.delete(connection);
    this.#timers.get(connection)?.cancel();
    this.#timers.delete(connection);
    this.#waiting.delete(connection);
    if (!this.#served.delete(connection)) return;
    const [next] = this.#waiting;
    if (!next) return;
    const [accepted, accept] = next;
    this.#waiting.delete(accepted);
    this.#served.add(accepted);
    accept();
  }
}
