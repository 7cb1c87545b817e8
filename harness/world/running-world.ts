import { withDeadline } from '../kit/deadline.ts';
import { GamedayError, messageOf } from '../kit/errors.ts';
import type { Stoppable } from '../kit/lifecycle.ts';
import type { Death } from './child.ts';
import type { Host, RunningPart, RunningTarget, TargetControl } from './host.ts';
import type { OpenLink, StartedProxy } from './links.ts';
import type { FaultAccess, StartedLink, StartedPart } from './types.ts';
import type { WorldOptions } from './world-options.ts';

/** Parts, the fault proxy between them and the target, and the target. */
export interface World extends Stoppable, FaultAccess {
  readonly parts: readonly StartedPart[];
  /** One link to each part, named after it, and the front link, named `target`. */
  readonly links: readonly StartedLink[];
  readonly target: {
    /** Through the front link: what load is sent to. No slash at the end. */
    readonly baseUrl: string;
    /** Past the fault proxy: for the harness's own reads. */
    readonly directUrl: string;
    /** Null while it lives, and for a target that we have not started. */
    died(): Death | null;
    /** Null where nothing can be done to it: a target that we have not started. Of a restart it waits until the target is ready. */
    readonly control: TargetControl | null;
  };
  /** The parts' variables with their unproxied addresses, under their own names and those of the target's `rename`. */
  readonly direct: Readonly<Record<string, string>>;
  /** Keeps all faults alive for another lease. Rejects, naming them, when something that still runs could not be reached. */
  renewLeases(): Promise<void>;
  /** Heals every fault in links and parts, within a second. Rejects when something that still runs could not be healed. */
  healAll(): Promise<void>;
  /** Every process: where its output is (relative to the run's folder; null where none is kept), and how and when (epoch milliseconds) it died by itself. */
  processes(): { name: string; output: string | null; died: string | null; diedAtMs: number | null }[];
}

/** The target as it stands in the world. `running` is null for one that was there before us. */
export interface PlacedTarget {
  readonly front: OpenLink;
  readonly directUrl: string;
  readonly running: RunningTarget | null;
  readonly control: TargetControl | null;
  readonly direct: Readonly<Record<string, string>>;
}

/** Healing is promised within a second; what has not answered by then is reported instead of waited for. */
const healWithinMs = 900;
const renewWithinMs = 2000;

/** Puts what has started behind the interface by which it is used. */
export function runningWorld(
  started: PlacedTarget & {
    options: WorldOptions;
    host: Host;
    proxy: StartedProxy;
    parts: readonly RunningPart[];
    links: readonly OpenLink[];
    stop: () => Promise<void>;
  },
): World {
  const { host, proxy, front, running, control } = started;
  const { leaseMs } = started.options;
  const { clock } = host.caller;
  const parts = started.parts.map(({ part }) => part);
  const links = [...started.links.map(({ link }) => link), front.link];
  const died = () => running?.died() ?? null;

  return {
    ...{ clock, parts, links, direct: started.direct, stop: started.stop },
    part: (name) => named(parts, name, 'part'),
    link: (name) => named(links, name, 'link'),
    target: { baseUrl: `http://${front.host}:${front.port}`, directUrl: started.directUrl, died, control },
    renewLeases: () =>
      everyLivingOne(host, 'Leases could not be renewed', [
        ['fault-proxy', bounded(proxy.client.renew(leaseMs), 'the fault proxy to renew its lease', renewWithinMs)],
        ...parts.map((part) => [part.name, part.renew(leaseMs, renewWithinMs)] as const),
      ]),
    healAll: () =>
      everyLivingOne(host, 'Faults could not be healed', [
        ['fault-proxy', bounded(healLinks(started), 'the fault proxy to heal its links', healWithinMs)],
        ...parts.map(
          (part) =>
            [part.name, bounded(part.healAll(healWithinMs), `${part.name} to heal its faults`, healWithinMs)] as const,
        ),
      ]),
    processes: () =>
      host.inhabitants().map((inhabitant) => {
        const { name, output } = inhabitant;
        const death = inhabitant.died();
        return { name, output, died: death?.how ?? null, diedAtMs: death?.atMs ?? null };
      }),
  };

  function bounded(work: Promise<unknown>, what: string, limitMs: number): Promise<unknown> {
    return withDeadline(clock, work, { what, limitMs });
  }
}

async function healLinks({
  proxy,
  links,
  front,
}: {
  proxy: StartedProxy;
  links: readonly OpenLink[];
  front: OpenLink;
}): Promise<void> {
  await proxy.client.reset();
  await Promise.all([...links, front].map((link) => link.healed()));
}

/** Waits for all; what failed in a process that has died by itself is no failure, since its faults have died with it. */
async function everyLivingOne(
  host: Host,
  what: string,
  works: readonly (readonly [name: string, work: Promise<unknown>])[],
): Promise<void> {
  const results = await Promise.allSettled(works.map(([, work]) => work));
  const dead = new Set(host.inhabitants().flatMap((one) => (one.died() ? [one.name] : [])));
  const problems = results.flatMap((result, index) => {
    const name = works[index]?.[0] ?? '';
    return result.status === 'fulfilled' || dead.has(name) ? [] : [`${name}: ${messageOf(result.reason)}`];
  });
  if (problems.length > 0) throw new GamedayError('harness', `${what}: ${problems.join('; ')}`, { problems });
}

function named<Thing extends { readonly name: string }>(things: readonly Thing[], name: string, what: string): Thing {
  const found = things.find((thing) => thing.name === name);
  if (found) return found;
  const names = things.map((thing) => thing.name).join(', ') || 'none';
  throw new GamedayError('usage', `There is no ${what} "${name}" in this world; there are: ${names}.`);
}
