import type { RequestListener } from 'node:http';
import { realClock, startBench, type Bench } from '../../support.ts';
import { startHttp, type HttpServer } from '../support.ts';

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
}

/** Collects what a caller has of a call, up to its end. */
export async function came(read: (so: Came) => Promise<void>): Promise<Came> {
  const so: Came = { text: '', reason: null, error: null };
  try {
    await read(so);
  } catch (cause) {
    const { status, code, type, $metadata } = cause as Partial<Came> & { $metadata?: { httpStatusCode?: number } };
    const { name, message } = cause as Error;
    const own = (cause as Error).constructor.name;
    so.error = `${own === 'Error' && name !== 'Error' ? name : own}: ${message.split('\n')[0] ?? ''}`;
    Object.assign(so, { status: status ?? $metadata?.httpStatusCode, code, type });
  }
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
