import type { RequestListener } from 'node:http';
import { realClock, startBench, type Bench } from '../../support.ts';
import { expect } from 'vitest';
import { startHttp, type HttpServer } from '../support.ts';
import type { Service } from './servers.ts';

/** A fault, as the control API takes it. */
export interface Toxic {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, number | string>>;
  readonly toxicity?: number;
}

/** What a caller has of a call. */
export interface Came {
  /** Of an answer, as far as it came. */
  text: string;
  /** Why the model ended, if it was said. */
  reason: string | null;
  /** Class and message of what was thrown; null where all seemed well. */
  error: string | null;
  /** What was thrown says more of it. */
  status?: number;
  code?: string | number | null;
  type?: string | null;
  /** How long the call took to its end. */
  tookMs?: number;
}

/** Collects what a caller has of a call, up to its end. */
export async function came(read: (so: Came) => Promise<void>): Promise<Came> {
  const so: Came = { text: '', reason: null, error: null };
  const startMs = realClock.now();
  try {
    await read(so);
  } catch (cause) {
    const { status, code, type, $metadata } = cause as Partial<Came> & { $metadata?: { httpStatusCode?: number } };
    const { name, message } = cause as Error;
    const own = (cause as Error).constructor.name;
    so.error = `${own === 'Error' && name !== 'Error' ? name : own}: ${message.split('\n')[0] ?? ''}`;
    Object.assign(so, { status: status ?? $metadata?.httpStatusCode, code, type });
  }
  so.tookMs = realClock.now() - startMs;
  return so;
}

/** A service behind a proxy with a fault in it. */
export interface Faulted {
  readonly bench: Bench;
  readonly server: HttpServer;
  /** Where the proxy is: `http://127.0.0.1:port`. */
  readonly url: string;
  /** How many requests have come to the proxy, and how many of them the fault altered. */
  requests(): Promise<{ readonly seen: unknown; readonly altered: unknown }>;
  heal(): Promise<void>;
}

export async function faulted(
  answer: RequestListener,
  { attributes = {}, ...toxic }: Toxic,
): Promise<Faulted & AsyncDisposable> {
  const bench = await startBench();
  const server = await startHttp(bench, answer);
  const port = await bench.proxy('service', server.address);
  await bench.toxic('service', { name: 'fault', attributes, ...toxic });
  return {
    ...{ bench, server, url: `http://127.0.0.1:${port}` },
    requests: async () => {
      const { requestsSeen: seen, requestsAltered: altered } = await bench.receipt('service', 'fault');
      return { seen, altered };
    },
    heal: async () => {
      await bench.call('DELETE', '/proxies/service/toxics/fault');
    },
    [Symbol.asyncDispose]: () => bench.cleanup.stop(),
  };
}

/**
 * Expects of the receipt, or of the time that passed, that a toxic was at work on every one of some streams of a service, so that a stream
 * which is whole all the same says something.
 */
export async function expectAtWork(
  faulty: Faulted,
  { toxic, service, streams }: { readonly toxic: Toxic; readonly service: Service; readonly streams: readonly Came[] },
): Promise<void> {
  const seen = streams.length;
  const { events } = service;
  if (toxic.type === 'slicer') {
    // It knows no requests. The last piece of what came at once is not counted as cut, and that is little of an event.
    const { bytesCut } = await faulty.bench.receipt('service', 'fault');
    const streamed = events.reduce((sum, event) => sum + event.length, 0) * seen;
    expect(bytesCut).toBeGreaterThan(0.9 * streamed);
  } else if (toxic.type === 'stream_slow') {
    // No event comes sooner after another. What is slow by itself it leaves alone, so that it counts some, not all.
    const leastMs = (events.length - 1) * Number(toxic.attributes?.['delay']);
    for (const { tookMs } of streams) expect(tookMs).toBeGreaterThanOrEqual(leastMs);
    const { requestsSeen, bytesDelayed } = await faulty.bench.receipt('service', 'fault');
    expect(requestsSeen).toBe(seen);
    expect(bytesDelayed).toBeGreaterThan(0);
  } else {
    expect(await faulty.requests()).toEqual({ seen, altered: seen });
  }
}

/** A `fetch` that notes how long its caller let pass between an answer and its next request, in ms. */
export function watchedFetch(): { readonly fetch: typeof fetch; readonly gapsMs: readonly number[] } {
  const gapsMs: number[] = [];
  let answeredMs: number | undefined;
  const watched: typeof fetch = async (...call) => {
    if (answeredMs !== undefined) gapsMs.push(realClock.now() - answeredMs);
    try {
      return await fetch(...call);
    } finally {
      answeredMs = realClock.now();
    }
  };
  return { fetch: watched, gapsMs };
}

/** Whether something has not come to its end after so many ms. */
export async function isPendingAfter(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([work, realClock.sleep(limitMs).then(() => pending)])) === pending;
}
