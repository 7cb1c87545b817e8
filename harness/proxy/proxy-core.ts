import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import { createControlApi } from './control-api.ts';
import { Lease } from './lease.ts';
import type { Trace } from './log-level.ts';
import type { OpenPort } from './port.ts';
import type { MetricsShown } from './proxy-metrics.ts';
import { Registry } from './registry.ts';

export interface ProxyCore {
  readonly registry: Registry;
  readonly lease: Lease;
  /** The API of Toxiproxy 2.12.0 and the routes of `gameday-routes.ts`. */
  readonly handle: (request: Request) => Response | Promise<Response>;
}

/** Everything of a proxy server but the server: its links, its lease and its API. The same seed decides the same on any kind of port. */
export function createProxyCore(settings: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** Default nobody is told. */
  readonly trace?: Trace | undefined;
  /** How doors are opened; default TCP ports. */
  readonly openPort?: OpenPort;
  readonly metrics?: MetricsShown;
}): ProxyCore {
  const { random, metrics, ...ground } = settings;
  const registry = new Registry({ ...ground, random: random.fork('proxy') });
  const lease = new Lease(settings.clock, () => void registry.healUntilDone('lease lapsed'));
  const handle = createControlApi({
    ...{ registry, lease, random: random.fork('request'), trace: settings.trace },
    ...(metrics === undefined ? {} : { metrics }),
  });
  return { registry, lease, handle };
}
