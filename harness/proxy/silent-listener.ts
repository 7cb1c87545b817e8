import { createServer } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { SilentListenerMessage, SilentListenerTask } from './silent-threads.ts';

// A thread that listens on a port and stands still: nobody accepts, so that the queue of the system fills up and stays full.

parentPort?.on('message', ({ address: { host, port }, state }: SilentListenerTask) => {
  // It has been closed before it was opened.
  if (Atomics.load(state, 0) === 1) {
    say({ kind: 'closed' });
    return;
  }
  const server = createServer();
  server.on('error', ({ message: why }) => say({ kind: 'failed', why }));
  server.listen({ host, port, backlog: 1 }, () => {
    say({ kind: 'listening' });
    Atomics.wait(state, 0, 0);
    server.close();
    say({ kind: 'closed' });
  });
});

function say(message: SilentListenerMessage): void {
  parentPort?.postMessage(message);
}

say({ kind: 'up' });
