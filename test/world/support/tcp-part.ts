import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { StartPart } from '../../../harness/world/types.ts';

/** A part for tests with a server of its own: answers everything with its name. */
export const startPart: StartPart = async ({ name }) => {
  const server = createServer((socket) => socket.end(name));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    fetch: () => Response.json([]),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
