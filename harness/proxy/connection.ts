import type { Timer } from '../kit/clock.ts';
import type { ActiveToxic, Direction } from './active-toxic.ts';
import { HttpEdge } from './http/http-edge.ts';
import { isAtBytes, isAtRequests } from './meeting.ts';
import { Pipe, type PipeSink, type PipeSource } from './pipe.ts';
import type { ConnectionContext, LiveConnection } from './port.ts';
import type { Side } from './side.ts';

/** How long the upstream may take to answer a connect, so that a black-holed one does not hold the client for minutes. */
export const dialLimitMs = 10_000;

/** How long a connection that a toxic, or one side, has ended waits for the other side to end it, too, or to get what is on its way to it. */
const lingerMs = 1000;

/** How often it is looked whether a socket has got rid of what it holds. */
const flushMs = 10;

export interface ConnectionSettings extends ConnectionContext {
  readonly client: Side;
  /** Being connected. */
  readonly upstream: Side;
}

/** A client's connection and the one to the upstream that was made for it. Each side may finish before the other. */
export class Connection implements LiveConnection {
  readonly #settings: ConnectionSettings;
  readonly #pipes: Readonly<Record<Direction, Pipe>>;
  readonly #edge: HttpEdge;
  readonly #dial: Timer;
  #open = 2;
  #reached = false;
  #isOver = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    const { client, upstream, clock } = settings;
    this.#edge = new HttpEdge({
      ...{ server: upstream, clock },
      close: () => this.#pipes.downstream.finish(),
      reset: () => this.reset(),
    });
    const { source, sink } = this.#edge;
    this.#pipes = {
      upstream: this.#pipe('upstream', { source: client, sink, receiver: upstream }),
      downstream: this.#pipe('downstream', { source, sink: client, receiver: client }),
    };
    this.#dial = clock.setTimer(() => this.#unreachable(), dialLimitMs);
    upstream.once('connect', () => {
      this.#reached = true;
      this.#dial.cancel();
      settings.reached();
    });
    this.#watch('upstream', client, upstream);
    this.#watch('downstream', upstream, client);
  }

  add(toxic: ActiveToxic): void {
    // Toxics come to many connections slice by slice: this one may be gone by now.
    if (this.#isOver) return;
    const meeting = this.#settings.meet(toxic);
    if (isAtRequests(meeting)) this.#edge.add(meeting);
    else if (isAtBytes(meeting)) for (const direction of toxic.directions) this.#pipes[direction].add(meeting);
  }

  update(toxic: ActiveToxic): void {
    for (const direction of toxic.directions) this.#pipes[direction].update(toxic);
  }

  remove(toxic: ActiveToxic): void {
    this.#edge.remove(toxic);
    for (const direction of toxic.directions) this.#pipes[direction].remove(toxic);
  }

  close(): void {
    this.#discard();
    this.#settings.client.destroy();
    this.#settings.upstream.destroy();
  }

  reset(): void {
    this.#discard();
    resetSocket(this.#settings.client);
    resetSocket(this.#settings.upstream);
  }

  #pipe(direction: Direction, ends: { source: PipeSource; sink: PipeSink; receiver: Side }): Pipe {
    const settings = this.#settings;
    return new Pipe({
      source: ends.source,
      sink: ends.sink,
      clock: settings.clock,
      came: (bytes) => settings.came(direction, bytes),
      passed: (bytes) => settings.passed(direction, bytes),
      close: () => this.close(),
      closeBehind: () => this.#closeBehind(ends.receiver),
      reset: () => this.reset(),
    });
  }

  /** A reset takes with it what the receiver's socket still holds: that goes out first, where the receiver reads it in time. */
  #resetBehind(sink: Side, sinceMs: number): void {
    const { clock } = this.#settings;
    const holds = (sink.writableLength ?? 0) > 0 || sink.writableNeedDrain;
    if (this.#isOver) return;
    if (!holds || sink.destroyed || clock.now() - sinceMs >= lingerMs) this.reset();
    else clock.setTimer(() => this.#resetBehind(sink, sinceMs), flushMs);
  }

  /** The other side is closed at once, this one when all that was written to it has gone out and its end has been answered. */
  #closeBehind(sink: Side): void {
    const { client, upstream } = this.#settings;
    const other = sink === client ? upstream : client;
    other.destroy();
    // What the sink still says, while it is waited for, is for nobody: held, it would have no bound.
    this.#pipes[sink === client ? 'upstream' : 'downstream'].discard();
    if (sink.writableFinished) this.#linger(sink);
    else sink.once('finish', () => this.#linger(sink));
  }

  /** Closed with something unread in it, a socket is reset by the system, and the other side loses what it has not read yet. */
  #linger(socket: Side): void {
    if (socket.readableEnded) {
      socket.destroy();
      return;
    }
    const timer = this.#settings.clock.setTimer(() => socket.destroy(), lingerMs);
    socket.once('close', () => timer.cancel());
    socket.once('end', () => socket.destroy());
    socket.resume();
  }

  /** The upstream did not answer in time. */
  #unreachable(): void {
    this.#settings.reached(new Error(`it did not answer in ${dialLimitMs / 1000} s`));
    if (this.#pipes.downstream.broken()) this.#settings.upstream.destroy();
    else this.close();
  }

  /** @param direction the way from this socket to the other */
  #watch(direction: Direction, socket: Side, other: Side): void {
    socket.on('error', (cause) => {
      if (socket === this.#settings.upstream && !this.#reached) this.#settings.reached(cause);
      if (this.#pipes[direction].broken()) return;
      if (this.#reached) {
        this.#breakDown(direction);
        return;
      }
      // As in Toxiproxy, an upstream that could not be reached closes the client.
      this.#discard();
      other.destroy();
    });
    socket.on('close', () => {
      this.#open -= 1;
      if (this.#open > 0) {
        this.#pipes[otherWay(direction)].unblock();
        return;
      }
      this.#discard();
      this.#settings.over();
    });
  }

  /** A side that broke down breaks down for the other too, behind what it had said: that sees what it would see without a proxy. */
  #breakDown(direction: Direction): void {
    this.#pipes[otherWay(direction)].abandon();
    const { client, upstream, clock } = this.#settings;
    const receiver = direction === 'upstream' ? upstream : client;
    // Where that gives up, too, nobody waits any more for what a toxic may hold for as long as it is there.
    receiver.once('end', () => void clock.setTimer(() => this.close(), lingerMs));
    this.#pipes[direction].breakDown(() => this.#resetBehind(receiver, clock.now()));
    if (direction === 'upstream') this.#pipes.upstream.end();
    else this.#edge.serverEnded();
  }

  #discard(): void {
    this.#isOver = true;
    this.#dial.cancel();
    this.#edge.discard();
    this.#pipes.upstream.discard();
    this.#pipes.downstream.discard();
  }
}

function otherWay(direction: Direction): Direction {
  return direction === 'upstream' ? 'downstream' : 'upstream';
}

function resetSocket(socket: Side): void {
  if (socket.destroyed) return;
  // One that is not connected has nobody to reset; the platform would wait for it to connect first.
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
