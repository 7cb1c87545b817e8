import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { Meeting } from '../meeting.ts';
import type { CertificateFlaw } from './handshake-fault.ts';
import { tlsError } from './tls-error.ts';
import { LateSocket, type ReadTurns } from './late-socket.ts';
import type { PortContexts } from './port-contexts.ts';
import type { TlsToxicKind } from './tls-toxic.ts';

/** As long as the platform's own servers wait for a client to finish its handshake. */
const handshakeLimitMs = 120_000;

/** What a client may say before it has an answer; more is no handshake. */
const heldLimit = 65_536;

export interface ClientHandshakeSettings {
  readonly clock: Clock;
  readonly contexts: PortContexts;
  readonly turns: ReadTurns;
  /** It has come to nothing: the client has left, refused the certificate, or speaks something else. The TCP connection is closed. */
  failed(): void;
  log(line: string): void;
}

/** The handshake of a client, from its first byte on: what is done to it is what the toxics want at that time. */
export class ClientHandshake {
  /** The client, once the handshake is done. */
  readonly side: LateSocket;
  readonly #wire: Socket;
  readonly #settings: ClientHandshakeSettings;
  #limit: Timer | undefined;
  /** What the client has said before it is listened to. */
  readonly #held: Buffer[] = [];
  /** In the order in which they came; the first that is on is done. */
  #meetings: Meeting<TlsToxicKind>[] = [];
  #state: 'waiting' | 'begun' | 'done' | 'failed' = 'waiting';

  constructor(wire: Socket, settings: ClientHandshakeSettings) {
    this.side = new LateSocket(wire, settings.turns);
    this.#wire = wire;
    this.#settings = settings;
    this.#setLimit();
    wire.on('error', this.#fail).on('end', this.#fail).on('close', this.#fail);
    wire.on('readable', this.#hear);
  }

  add(meeting: Meeting<TlsToxicKind>): void {
    this.#meetings.push(meeting);
  }

  remove(toxic: ActiveToxic): void {
    this.#meetings = this.#meetings.filter((meeting) => meeting.toxic !== toxic);
    this.look();
  }

  /** The toxics have changed. A handshake that was held goes on when nothing holds it any more. */
  look(): void {
    if (this.#state !== 'waiting' || this.#held.length === 0) return;
    const meeting = this.#meetings.find(({ isOn }) => isOn);
    meeting?.alter(0);
    const fault = meeting?.toxic.kind.handshake(meeting.toxic.attributes);
    // For as long as it is held, its time stands still.
    if (fault?.kind === 'stall') this.#limit?.cancel();
    else if (fault?.kind === 'cut') this.#fail();
    else this.#begin(fault?.flaw).catch(this.#fail);
  }

  readonly #hear = (): void => {
    const chunk = this.#wire.read() as Buffer | null;
    if (chunk === null) return;
    this.#held.push(chunk);
    if (this.#held.reduce((sum, { length }) => sum + length, 0) > heldLimit) this.#fail();
    else this.look();
  };

  async #begin(flaw: CertificateFlaw | undefined): Promise<void> {
    this.#state = 'begun';
    this.#setLimit();
    const { contexts } = this.#settings;
    const secureContext = await contexts.first(flaw);
    const wire = this.#wire;
    if (wire.destroyed) return;
    wire.off('readable', this.#hear).off('end', this.#fail);
    wire.unshift(Buffer.concat(this.#held.splice(0)));
    const socket = new TLSSocket(wire, {
      ...{ isServer: true, secureContext, ALPNProtocols: ['http/1.1'] },
      SNICallback: (name, done) => {
        contexts.named(name, flaw).then(
          (context) => done(null, context),
          (cause: unknown) => done(cause as Error),
        );
      },
    });
    this.#await(socket);
  }

  #await(socket: TLSSocket): void {
    socket.on('error', this.#fail).on('end', this.#fail).on('close', this.#fail);
    // What is no TLS any more is told by the platform's own servers only in this way.
    socket.on('_tlsError', (cause: Error) => this.#state === 'done' && socket.destroy(cause));
    socket.once('secure', () => {
      if (this.#state !== 'begun') return;
      this.#state = 'done';
      this.#limit?.cancel();
      this.side.establish(socket);
    });
  }

  readonly #fail = (cause?: unknown): void => {
    if (this.#state === 'done' || this.#state === 'failed') return;
    if (cause instanceof Error) this.#settings.log(`the handshake of a client came to nothing: ${tlsError(cause)}`);
    this.#state = 'failed';
    this.#limit?.cancel();
    this.#wire.destroy();
    this.#settings.failed();
  };

  #setLimit(): void {
    this.#limit?.cancel();
    this.#limit = this.#settings.clock.setTimer(() => this.#fail(), handshakeLimitMs);
  }
}
