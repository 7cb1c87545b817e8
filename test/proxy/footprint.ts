import { waitUntil } from '../../harness/kit/deadline.ts';
import type { ProcessBench } from './proxy-process.ts';
import { realClock } from './support.ts';

/** What the process of a proxy takes, by its own metrics. */
export interface Footprint {
  /** Connections of either kind, their servers, and timers. */
  readonly resources: Readonly<Record<string, number>>;
  /** Objects and buffers after a collection. */
  readonly usedMiB: number;
}

/** By `GET /metrics`, once garbage has been collected. */
export async function footprint(bench: ProcessBench): Promise<Footprint> {
  process.kill(bench.pid, 'SIGUSR2');
  await bench.call('GET', '/version');
  const { text } = await bench.call('GET', '/metrics');
  const valueOf = (metric: string): number | undefined => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${metric} `));
    return line === undefined ? undefined : Number(line.slice(metric.length));
  };
  // What there is none of is not there, but the API itself always listens, and somebody has asked for this.
  const resourceOf = (type: string): number => valueOf(`nodejs_active_resources{type="${type}"}`) ?? 0;
  const resources = Object.fromEntries(
    ['TCPSocketWrap', 'TCPServerWrap', 'Timeout'].map((type) => [type, resourceOf(type)]),
  );
  const [heapBytes, externalBytes] = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'].map(valueOf);
  const isThere = resourceOf('TCPServerWrap') > 0 && resourceOf('TCPSocketWrap') > 0;
  if (!isThere || heapBytes === undefined || externalBytes === undefined)
    throw new Error(`The page of metrics does not say what the process takes: ${text.slice(0, 2000)}`);
  return { resources, usedMiB: (heapBytes + externalBytes) / 2 ** 20 };
}

/** The connection to the API that this asks on, and one more that the client may keep, with their timers. */
const ownResources = 6;

/** Waits until no connection, port or timer is left that was not there before, nor more than `moreMiB` of memory. */
export async function expectBackToTheStart(bench: ProcessBench, before: Footprint, moreMiB: number): Promise<void> {
  let seen: Footprint = before;
  const look = async (): Promise<true | undefined> => {
    seen = await footprint(bench);
    const extra = Object.entries(seen.resources).map(([type, count]) => count - (before.resources[type] ?? 0));
    // What has been collected is given back by and by.
    const isBack = extra.every((count) => count <= ownResources) && seen.usedMiB < before.usedMiB + moreMiB;
    return isBack ? true : undefined;
  };
  await waitUntil(realClock, look, { what: 'the end of all resources', limitMs: 15_000 }).catch((cause: unknown) => {
    const left = JSON.stringify({ before, seen });
    throw new Error(`The proxy is not back where it was: ${left}`, { cause });
  });
}
