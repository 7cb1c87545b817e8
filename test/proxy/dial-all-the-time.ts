import { connect } from 'node:net';
import { realClock, type Bench } from './support.ts';

/** What clients have seen that dialled one after another. */
export interface Dialled {
  readonly dialled: number;
  readonly chunks: readonly Buffer[];
}

/** Clients that dial a port one after another, all the time, and speak at once. Ends with what they have got in all. */
export function dialAllTheTime(bench: Bench, port: number, text = 'hello'): () => Promise<Dialled> {
  const chunks: Buffer[] = [];
  let dialled = 0;
  const over = new AbortController();
  const dialling = (async () => {
    while (!over.signal.aborted) {
      const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text));
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
      bench.cleanup.add('client', () => void socket.destroy());
      dialled += 1;
      await realClock.sleep(2);
    }
  })();
  return async () => {
    over.abort();
    await dialling;
    return { dialled, chunks };
  };
}

/** A port of loopback on which nobody listens. */
export async function freePort(bench: Bench): Promise<number> {
  const server = await bench.echo();
  await server.stop();
  return server.port;
}
