import type { Clock } from '../kit/clock.ts';
import type { ActiveToxic, Direction } from './active-toxic.ts';
import type { Meeting } from './meeting.ts';
import type { Authority } from './tls/authority.ts';
import type { TlsSettings } from './tls/tls-settings.ts';
import type { DoorState } from './toxics/toxic.ts';

/** A connection through a proxy, as toxics are done to it. */
export interface LiveConnection {
  add(toxic: ActiveToxic): void;
  /** The toxic's toxicity or attributes have changed. */
  update(toxic: ActiveToxic): void;
  remove(toxic: ActiveToxic): void;
  close(): void;
}

/** What a connection has from its proxy. */
export interface ConnectionContext {
  readonly clock: Clock;
  /** Called once for each toxic that comes to the connection. */
  readonly meet: (toxic: ActiveToxic) => Meeting;
  /** Told of bytes that came, and of those that were handed on. */
  readonly came: (direction: Direction, bytes: number) => void;
  readonly passed: (direction: Direction, bytes: number) => void;
  /** The upstream has been reached, or has not: then with the reason. */
  readonly reached: (failure?: Error) => void;
  /** Both sides are closed. */
  readonly over: () => void;
}

/** The door of a proxy. */
export interface Port {
  /** `host:port`, where it really listens. */
  readonly address: string;
  /**
   * Opens or shuts the door, which has the same address again after it. Resolves when it is as was asked for last. Throws an ApiError 500 where
   * that is not possible; it stays as it is then, or is nobody's where somebody else has taken the port, and may be asked again.
   */
  turn(state: DoorState): Promise<void>;
  /** Nobody gets through any more. The port is free when it resolves, where that has to be waited for, else at once. */
  close(): void | Promise<void>;
}

export interface PortTls {
  readonly settings: TlsSettings;
  readonly authority: Authority;
}

export interface PortSettings {
  /** `host:port`, where port 0 is any free one. */
  readonly listen: string;
  /** Where a client's connection leads to at the moment. */
  upstream(): string;
  /** How the door is from the first moment on: nobody gets through one that is shut, not even while it is being opened. */
  readonly door: DoorState;
  /** On which sides it speaks TLS, and by whose certificates; default on none. */
  readonly tls?: PortTls | undefined;
  /** Called for every client; `make` gives the connection, or nothing where the upstream is no address at all. */
  accept(make: (context: ConnectionContext) => LiveConnection | undefined): void;
  log(line: string): void;
}

/** Opens the door of a proxy: on a socket, or in a simulated network. Throws an ApiError 500 when that is not possible. */
export type OpenPort = (settings: PortSettings) => Promise<Port>;
