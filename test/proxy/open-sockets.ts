import type { Socket } from 'node:net';

/** Connections of clients that are open at present, as these see it, and how many there were at most. */
export class OpenSockets {
  readonly #known = new WeakSet<Socket>();
  now = 0;
  most = 0;

  /** Told of each that is to connect; again does not matter. */
  readonly watch = (socket: Socket): void => {
    if (this.#known.has(socket)) return;
    this.#known.add(socket);
    socket.once('connect', () => {
      this.now += 1;
      this.most = Math.max(this.most, this.now);
      socket.once('close', () => (this.now -= 1));
    });
  };
}
