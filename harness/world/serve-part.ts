import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { systemClock } from '../kit/clock.ts';
import { GamedayError } from '../kit/errors.ts';
import { seededRandom } from '../kit/random.ts';
import { partKeepAliveMs } from './keep-alive.ts';
import type { PartBegin, PartReady } from './part-settings.ts';
import type { CreatePart, HttpPart, PartContext, StartPart } from './types.ts';

export interface ServedPart extends Omit<PartReady, 'kind'> {
  stop(): Promise<void>;
}

/** Makes a part from its module and serves it on 127.0.0.1, on ports that the system chooses. */
export async function servePart(begin: PartBegin): Promise<ServedPart> {
  const { name, settings, corpus, seed } = begin;
  const random = seededRandom(seed).fork(name);
  const context: PartContext = { name, settings, corpus, seed, clock: systemClock(), random };
  const module = (await import(begin.module)) as Readonly<Record<string, unknown>>;
  if (begin.protocol === 'http') {
    const part = await (exported(module, begin, 'createPart') as CreatePart)(context);
    const port = await listen(part.fetch.bind(part));
    return { port, adminPort: port, stop: async () => part.stop?.() };
  }
  const part = await (exported(module, begin, 'startPart') as StartPart)(context);
  return { port: part.port, adminPort: await listen(part.fetch.bind(part)), stop: () => part.stop() };
}

function exported(module: Readonly<Record<string, unknown>>, begin: PartBegin, name: string): unknown {
  const value = module[name];
  if (typeof value === 'function') return value;
  throw new GamedayError(
    'bad-config',
    `The part "${begin.name}" speaks ${begin.protocol}, so its module has to export ${name}; ${begin.module} exports ${Object.keys(module).join(', ') || 'nothing'}.`,
  );
}

/** Serves a handler; `request.signal` aborts when the client hangs up. */
function listen(fetch: HttpPart['fetch']): Promise<number> {
  const server = createServer({ keepAliveTimeout: partKeepAliveMs, noDelay: true }, (incoming, outgoing) => {
    void listener(incoming, outgoing);
  });
  const listener = getRequestListener(fetch);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
