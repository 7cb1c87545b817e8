import { createServer, type AddressInfo } from 'node:net';
import { freshSeed, seededRandom, type Random } from '../kit/random.ts';

/** Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152): those are taken at any moment. */
const range = { from: 15_000, to: 30_000 };
const attempts = 50;

/** A port of 127.0.0.1 that is free now. Somebody else may take it before it is used, but no connection that happens to need one. */
export async function freePort(random: Random = seededRandom(freshSeed())): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await portOf(random.integer(range.from, range.to)).catch(() => null);
    if (port !== null) return port;
  }
  return portOf(0);
}

/** The port, when it could be listened on for a moment; 0 is any free one. */
function portOf(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
