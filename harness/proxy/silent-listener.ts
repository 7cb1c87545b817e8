import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { SilentListenerData, SilentListenerTask } from './silent-threads.ts';

// A thread that listens on a port and stands still: nobody accepts, so that the queue of the system fills up and stays full.

const { state } = workerData as SilentListenerData;
const server = createServer();
server.on('error', (cause) => {
  parentPort?.postMessage({ kind: 'failed', why: cause.message });
});
parentPort?.once('message', ({ host, port }: SilentListenerTask) => {
  // It has been closed before it was opened.
  if (Atomics.load(state, 0) === 1) {
    tellClosed();
    return;
  }
  server.listen({ host, port, backlog: 1 }, () => {
    parentPort?.postMessage({ kind: 'listening' });
    Atomics.wait(state, 0, 0);
    server.close();
    tellClosed();
  });
});

function tellClosed(): void {
  parentPort?.postMessage({ kind: 'closed' });
}

parentPort?.postMessage({ kind: 'up' });
