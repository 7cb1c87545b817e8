import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { messageOf } from '../kit/errors.ts';
import { formatAddress, readAddress, resolveAddress, type Address } from './address.ts';
import { ApiError } from './api-error.ts';
import { Connection, dialLimitMs } from './connection.ts';
import { holdPort, type HeldPort } from './held-port.ts';
import type { OpenPort, Port, PortSettings } from './port.ts';
import { Lookups } from './lookups.ts';
import type { Side } from './side.ts';
import { SilentDoor } from './silent-door.ts';
import { SilentPorts } from './silent-ports.ts';
import { acceptTls } from './tls/accept-tls.ts';
import { prepareTls, type PreparedTls } from './tls/prepare-tls.ts';
import { encrypt } from './tls/upstream-handshake.ts';
import type { DoorState } from './toxics/toxic.ts';
import { ReadMemory, takeOver, WireSocket } from './wire-socket.ts';

/** What TCP ports have together. */
interface SharedByPorts {
  readonly lookups: Lookups;
  readonly silentPorts: SilentPorts;
  readonly memory: ReadMemory;
}

/** Opens TCP ports. In a process of its own they keep what takes long to start ready: `connect_timeout` needs a thread. */
export function socketPorts({ inOwnProcess = false } = {}): OpenPort {
  const silentPorts = new SilentPorts({ keepsReady: inOwnProcess });
  const shared = { lookups: new Lookups(), silentPorts, memory: new ReadMemory() };
  return (settings) => openSocketPort(settings, shared);
}

async function openSocketPort(settings: PortSettings, shared: SharedByPorts): Promise<Port> {
  const address = await resolveAddress(settings.listen);
  const port = new SocketPort(settings, address, { tls: await prepareTls(settings.tls, address.host), ...shared });
  await port.open(settings.door);
  return port;
}

class SocketPort implements Port {
  readonly #settings: PortSettings;
  readonly #tls: PreparedTls;
  readonly #lookups: Lookups;
  readonly #silentPorts: SilentPorts;
  readonly #memory: ReadMemory;
  #address: Address;
  #server: Server | undefined;
  #held: HeldPort | undefined;
  #silent: SilentDoor | undefined;
  /** Undefined where it has let go of one and not come to another, or not yet. */
  #state: DoorState | undefined = 'open';
  #wanted: DoorState = 'open';
  #turning: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    settings: PortSettings,
    address: Address,
    { tls, lookups, silentPorts, memory }: SharedByPorts & { readonly tls: PreparedTls },
  ) {
    this.#settings = settings;
    this.#tls = tls;
    this.#lookups = lookups;
    this.#silentPorts = silentPorts;
    this.#memory = memory;
    this.#address = address;
  }

  get address(): string {
    return formatAddress(this.#address);
  }

  /** Takes the port. Through a door that is to be shut nobody comes before it is. */
  async open(door: DoorState): Promise<void> {
    if (door === 'open') {
      await this.#listen((client) => this.#accept(client));
      return;
    }
    // Only so is it known whether the port can be had, and which one it is.
    await this.#listen((client) => client.destroy());
    this.#refuse();
    this.#state = 'refusing';
    try {
      await this.turn(door);
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  async #listen(accept: (client: Socket) => void): Promise<void> {
    const server = await listen(this.#address, { pauseOnConnect: !this.#tls.client, accept });
    server.on('error', (cause) => this.#settings.log(cause.message));
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') this.#address = { host: bound.address, port: bound.port };
    if (this.#isClosed) server.close();
    else this.#server = server;
  }

  turn(state: DoorState): Promise<void> {
    this.#wanted = state;
    if (this.#state === state && !this.#turning) return Promise.resolve();
    this.#turning ??= this.#turnAsWanted();
    return this.#turning;
  }

  close(): void | Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    this.#letGo();
    return this.#silent?.close();
  }

  async #turnAsWanted(): Promise<void> {
    try {
      while (!this.#isClosed && this.#state !== this.#wanted) {
        const next = this.#wanted;
        await this.#become(next);
        this.#state = next;
      }
    } finally {
      this.#turning = undefined;
    }
  }

  async #become(state: DoorState): Promise<void> {
    if (state === 'silent') {
      await this.#fallSilent();
      return;
    }
    if (this.#silent) {
      // Somebody else may get the port before it is open.
      this.#state = undefined;
      await this.#silent.close();
      if (this.#isClosed) return;
      this.#silent = undefined;
    }
    if (state === 'refusing') this.#refuse();
    else {
      await this.open('open');
      // Only now, so that the port is never anybody's.
      this.#letGo();
    }
  }

  #refuse(): void {
    this.#stopListening();
    this.#held = holdPort(this.#address);
  }

  async #fallSilent(): Promise<void> {
    const silent = new SilentDoor(this.#address, this.#silentPorts);
    const before = this.#state;
    this.#silent = silent;
    try {
      // Until its thread is there the port is as it was.
      await silent.shut(() => {
        this.#stopListening();
        this.#state = undefined;
      });
      this.#letGo();
    } catch (cause) {
      await silent.close();
      this.#silent = undefined;
      await this.#returnTo(before);
      throw cause;
    }
    silent.whenLost(() =>
      this.#settings.log(
        `the silent listener has ended: clients of ${this.address} are refused now, not left unanswered`,
      ),
    );
  }

  /** As it was before, unless it has been closed. */
  async #returnTo(before: DoorState | undefined): Promise<void> {
    if (before === 'open' && !this.#server && !this.#isClosed) await this.open('open');
    this.#state = before;
  }

  #stopListening(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  #letGo(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #accept(client: Socket): void {
    this.#settings.accept((context) => {
      const { client: contexts, upstream: trusted } = this.#tls;
      const upstream = dial(this.#settings, { trusted, memory: this.#memory, lookups: this.#lookups });
      if (upstream instanceof Error) {
        // As Toxiproxy does, which finds out when it dials, too.
        client.destroy();
        context.reached(upstream);
        return undefined;
      }
      if (contexts)
        return acceptTls({
          ...{ wire: client, upstream, contexts, context, turns: this.#memory },
          log: (line) => this.#settings.log(line),
        });
      return new Connection({ client: takeOver(client, this.#memory), upstream, ...context });
    });
  }
}

async function listen(
  address: Address,
  { pauseOnConnect, accept }: { readonly pauseOnConnect: boolean; readonly accept: (client: Socket) => void },
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(formatAddress(address), cause)));
    server.listen({ host: address.host, port: address.port }, resolve);
  });
  return server;
}

/** An error when the upstream is no address at all: any text is taken when a proxy is made, as by Toxiproxy. */
function dial(
  settings: PortSettings,
  {
    trusted,
    memory,
    lookups: { lookup },
  }: { readonly trusted: SecureContext | undefined; readonly memory: ReadMemory; readonly lookups: Lookups },
): Side | Error {
  const address = readAddress(settings.upstream());
  if ('problem' in address) return new Error(`${address.problem}. ${address.hint}`);
  const { host, port } = address;
  // The platform gives an address up for the next of its name after a part of a second. One of localhost is no way round another.
  const attempt = host.toLowerCase() === 'localhost' ? { autoSelectFamilyAttemptTimeout: dialLimitMs } : {};
  try {
    if (!trusted) return new WireSocket(memory).connect({ host, port, lookup, ...attempt });
    const wire = connect({ host, port, lookup, allowHalfOpen: true, noDelay: true, ...attempt });
    const name = settings.tls?.settings.upstream?.name ?? host;
    return encrypt(wire, { context: trusted, name, turns: memory });
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(messageOf(cause));
  }
}

/** What the system says of a port that cannot be opened, in Go's words, and what to do. */
const listenCauses: Readonly<Record<string, { readonly words: string; readonly hint: string }>> = {
  EADDRINUSE: {
    words: 'address already in use',
    hint: 'Another program listens there, or another proxy of this server. Stop it, or take another port; 0 is any free one.',
  },
  EADDRNOTAVAIL: {
    words: 'cannot assign requested address',
    hint: 'This machine has no such address. 127.0.0.1 is itself, 0.0.0.0 all that it has.',
  },
  EACCES: {
    words: 'permission denied',
    hint: 'Ports below 1024 may need a privilege. Take a greater one; 0 is any free one.',
  },
};

function listenError(address: string, cause: Error): ApiError {
  const code = 'code' in cause ? String(cause.code) : '';
  const { words, hint } = listenCauses[code] ?? { words: messageOf(cause), hint: undefined };
  return new ApiError(500, `listen tcp ${address}: bind: ${words}`, hint);
}
