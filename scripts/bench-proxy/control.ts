import { dial } from './measures.ts';
import { ask, type Api } from './lateness.ts';
import { untilTrue } from './within.ts';

/** How long calls take to be answered while nothing passes, and while 500 connections stand still. Milliseconds. */
export interface ControlTimes {
  readonly idle: readonly number[];
  readonly stalled: readonly number[];
  /** The reset that lets the 500 go. */
  readonly reset: number;
}

/** The stall is a latency of an hour: no other holds as much. Calls that both proxies have. */
export async function controlTimes(api: Api, sinkPort: number, rounds: number): Promise<ControlTimes> {
  const created = await ask(api, 'POST', '/proxies', { name: 'control', listen: '127.0.0.1:0', upstream: `127.0.0.1:${sinkPort}` }); // prettier-ignore
  const port = Number((JSON.parse(created) as { listen: string }).listen.split(':').at(-1));
  const toxics = '/proxies/control/toxics';
  const stall = { name: 'stall', type: 'latency', stream: 'upstream', attributes: { latency: 3_600_000 } };
  await ask(api, 'POST', toxics, stall);
  const idle = await times(api, toxics, rounds);
  const stop = await stall500(port);
  try {
    const stalled = await times(api, toxics, rounds);
    const fromMs = performance.now();
    await ask(api, 'POST', '/reset');
    return { idle, stalled, reset: performance.now() - fromMs };
  } finally {
    stop();
    // One that has stopped answering says nothing to this, either.
    await ask(api, 'DELETE', '/proxies/control').catch(() => undefined);
  }
}

async function times(api: Api, toxics: string, rounds: number): Promise<number[]> {
  const found: number[] = [];
  const timed = async (method: string, path: string, body?: object): Promise<void> => {
    const fromMs = performance.now();
    await ask(api, method, path, body);
    found.push(performance.now() - fromMs);
  };
  for (let round = 0; round < rounds; round++) {
    await timed('POST', toxics, { name: 'more', type: 'latency', stream: 'downstream', attributes: { latency: 1 } });
    await timed('POST', `${toxics}/more`, { attributes: { latency: 2 } });
    await timed('GET', '/proxies');
    await timed('DELETE', `${toxics}/more`);
  }
  return found;
}

/** Offers 8 MB on each of 500 connections, and waits until no more of it is taken. */
async function stall500(port: number): Promise<() => void> {
  const sockets = await Promise.all(Array.from({ length: 500 }, () => dial(port)));
  const block = Buffer.alloc(1_000_000, 'x');
  for (const socket of sockets) for (let count = 0; count < 8; count++) socket.write(block);
  const taken = (): number => sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  let before = -1;
  const standsStill = (): boolean => {
    const last = before;
    before = taken();
    return before === last;
  };
  const stop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await untilTrue('500 connections to stand still', standsStill, 1000).catch((cause: unknown) => {
    stop();
    throw cause;
  });
  return stop;
}
