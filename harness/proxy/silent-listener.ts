import { createServer, isIP, type Server } from 'node:net';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { messageOf } from '../kit/errors.ts';
import type { SilentAnswer, SilentListenerData, SilentRequest } from './silent-ports.ts';

// A thread that listens on ports and accepts nobody, so that the queues of the system fill up and stay full. For that it never goes back to its loop: it
// stands still until it is asked for something, does that, and stands still again. What it hears by `process.nextTick` it hears all the same, and a
// server that listens on an address by number needs nothing else.

const { port, requests } = workerData as SilentListenerData;
const servers = new Map<number, Server>();
let heard = 0;

say({ id: 0 });
serve();

/** Does what it is asked, up to where it has to wait for a tick: `serve` is called again by that. */
function serve(): void {
  for (;;) {
    const request = (receiveMessageOnPort(port) as { message: SilentRequest } | undefined)?.message;
    if (!request) {
      Atomics.wait(requests, 0, heard);
      heard = Atomics.load(requests, 0);
      continue;
    }
    const { id, address } = request;
    if (!address) {
      servers.get(id)?.close();
      servers.delete(id);
      say({ id });
    } else if (isIP(address.host) === 0) {
      // To look a name up takes the loop.
      say({ id, problem: `that ${address.host} is no address by number` });
    } else {
      listen(id, address);
      return;
    }
  }
}

function listen(id: number, address: NonNullable<SilentRequest['address']>): void {
  const server = createServer();
  servers.set(id, server);
  const failed = (cause: unknown): void => {
    servers.delete(id);
    say({ id, problem: messageOf(cause) });
  };
  server.once('error', (cause) => {
    failed(cause);
    serve();
  });
  try {
    server.listen({ ...address, backlog: 1 }, () => {
      say({ id });
      serve();
    });
  } catch (cause) {
    failed(cause);
    process.nextTick(serve);
  }
}

function say(answer: SilentAnswer): void {
  port.postMessage(answer);
}
