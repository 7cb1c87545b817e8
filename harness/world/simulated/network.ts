import { ApiError } from '../../proxy/api-error.ts';
import type { OpenPort } from '../../proxy/port.ts';
import type { DoorState } from '../../proxy/toxics/toxic.ts';
import type { Unsettled } from '../activity.ts';
import { Listener, type ListenLimits } from './listener.ts';
import { Names } from './names.ts';
import { Rush } from './rush.ts';
import { Sender, type Door, type Surroundings } from './sender.ts';
import { SimulatedConnection, type Handler } from './simulated-connection.ts';
import { turnsOf, type NetworkClock, type Turn } from './turns.ts';

/** The first port that is given out where any will do; they are given out in order, so the same run has the same addresses. */
const firstFreePort = 20_001;

/** Who sends requests from one place: its connections are its own. */
export interface NetworkClient {
  readonly fetch: typeof fetch;
  /** Closes every connection, in the middle of whatever is on it. */
  close(): void;
  /** What it has sent and has no whole answer to. */
  underway(): readonly Unsettled[];
}

/** A network of functions: handlers listen on addresses, proxies stand before them, and `fetch` reaches both. Nothing else exists. */
export class SimulatedNetwork {
  readonly #clock: NetworkClock;
  /** Lets chance order what arrives at the same time, where the clock does. */
  readonly #turn: Turn | undefined;
  readonly #listeners = new Map<string, Listener>();
  readonly #doors = new Map<string, Door>();
  readonly #surroundings: Surroundings;
  /** Who has which name. */
  readonly names: Names;
  /** As the global `fetch`, inside this network. */
  readonly fetch: typeof fetch;
  #nextPort = firstFreePort;

  constructor(clock: NetworkClock) {
    this.#clock = clock;
    this.#turn = turnsOf(clock);
    this.names = new Names(clock);
    this.#surroundings = {
      ...{ clock, names: this.names, turn: this.#turn, rush: new Rush(clock) },
      ...{ doors: this.#doors, listeners: this.#listeners },
    };
    this.fetch = new Sender(this.#surroundings).fetch;
  }

  /** Puts a handler on an address (default: one of its own) and returns that, as `127.0.0.1:port`. */
  listen(handler: Handler, address = this.freeAddress(), limits: ListenLimits = {}): string {
    this.#listeners.set(address, new Listener(handler, limits, this.#clock));
    return address;
  }

  /** Nobody listens there any more. */
  unlisten(address: string): void {
    this.#listeners.delete(address);
  }

  /** Closes every connection that leads there. */
  cut(address: string): void {
    for (const door of this.#doors.values()) {
      if (door.upstream() === address) for (const connection of [...door.connections]) connection.lose();
    }
  }

  /** Opens doors of the fault proxy in this network. */
  readonly openPort: OpenPort = (settings) => {
    if (settings.tls) return Promise.reject(new ApiError(500, 'there is no TLS in a simulated network'));
    const address = settings.listen.endsWith(':0') ? this.freeAddress() : settings.listen;
    if (this.#doors.has(address) || this.#listeners.has(address))
      return Promise.reject(new ApiError(500, `listen tcp ${address}: bind: address already in use`));
    const connections = new Set<SimulatedConnection>();
    const door = {
      state: settings.door,
      connections,
      upstream: () => settings.upstream(),
      connect: (): SimulatedConnection | undefined => {
        let connection: SimulatedConnection | undefined;
        settings.accept((context) => {
          const over = (): void => {
            if (connection) {
              connections.delete(connection);
              this.#listeners.get(settings.upstream())?.closed(connection);
            }
            context.over();
          };
          connection = new SimulatedConnection({ ...context, over }, this.#turn);
          connections.add(connection);
          return connection;
        });
        return connection;
      },
    };
    this.#doors.set(address, door);
    const turn = (state: DoorState): Promise<void> => {
      door.state = state;
      return Promise.resolve();
    };
    const close = (): void => {
      this.#doors.delete(address);
      // For those who are still trying to connect.
      door.state = 'refusing';
    };
    return Promise.resolve({ address, turn, close });
  };

  /** As `fetch`, from a place of its own. `running`: see `Sender`. */
  openClient(running?: () => Promise<void>): NetworkClient {
    return new Sender(this.#surroundings, running);
  }

  /** What is on the connections through all doors. */
  underway(): readonly Unsettled[] {
    return [...this.#doors.values()].flatMap(({ connections }) =>
      [...connections].flatMap((connection) => connection.underway),
    );
  }

  /** One that nobody has had yet. */
  freeAddress(): string {
    return `127.0.0.1:${this.#nextPort++}`;
  }
}
