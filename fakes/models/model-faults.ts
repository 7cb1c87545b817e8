import { z } from 'zod';
import type { Random } from '../../harness/kit/random.ts';
import { partFault, type FaultCounter, type PartFaultKind } from '../part/part-faults.ts';
import type { GpuEngine } from './gpu-engine.ts';
import type { EngineResult } from './sequence.ts';

/** What is wrong with a model server at the moment, as its wire and its gauges see it. */
export interface ModelTrouble {
  /** The share of the GPU that somebody else has. */
  neighbourShare(): number;
  /** The share of the key-value blocks that is left. */
  kvBlocksShare(): number;
  /** The last XID that the driver reported; 0 for none. */
  readonly xid: number;
  /** The status that this call has to fail with, and the fault that says so. */
  failCall(): { readonly status: number; readonly fault: string } | null;
  /** The fault that altered a piece of work: what killed it, what preempted it, or what slowed it down; null for none. */
  blame(result: EngineResult): string | null;
  /** Counts a call that a dead engine refused; gives the fault that killed it. */
  refusedByDeadEngine(): string | null;
}

interface Active<Settings> {
  readonly settings: Settings;
  readonly counter: FaultCounter;
}

const Neighbour = z.object({ share: z.number().min(0).max(0.95) });
const Pressure = z.object({ kvBlocksShare: z.number().min(0).max(1) });
/** `xid`: what the driver reports with it. Running out of memory alone reports none, which is 0, the default. */
const OutOfMemory = z.object({ xid: z.number().int().min(0).default(0) });
const ErrorShare = z.object({ share: z.number().min(0).max(1), status: z.number().int().min(400).max(599) });

/** The faults that a model server can do to itself, and what is wrong because of them. */
export function createModelFaults(
  engine: GpuEngine,
  random: Random,
): { readonly kinds: Readonly<Record<string, PartFaultKind>>; readonly trouble: ModelTrouble } {
  const neighbours = new Set<Active<z.infer<typeof Neighbour>>>();
  const pressures = new Set<Active<z.infer<typeof Pressure>>>();
  const deaths = new Set<Active<z.infer<typeof OutOfMemory>>>();
  const errors = new Set<Active<z.infer<typeof ErrorShare>>>();
  let xid = 0;
  const kvBlocksShare = (): number => Math.min(1, ...[...pressures].map((active) => active.settings.kvBlocksShare));
  const freeShare = (): number => [...neighbours].reduce((free, { settings }) => free * (1 - settings.share), 1);

  const noisyNeighbour = partFault({
    settings: Neighbour,
    apply: (settings, counter) => {
      const apply = (): void => engine.slowDown(1 / freeShare());
      const remove = keep(neighbours, { settings, counter }, apply);
      const unobserve = engine.observe({ step: () => count(counter, settings.share > 0) });
      return () => {
        unobserve();
        remove();
      };
    },
  });

  const memoryPressure = partFault({
    settings: Pressure,
    apply: (settings, counter) => {
      const before = engine.state().kvBlocks;
      counter.figures['preemptions'] = 0;
      const unobserve = engine.observe({
        step: () => count(counter, engine.kvBlocks < before),
        preemption: () => (counter.figures['preemptions'] = (counter.figures['preemptions'] ?? 0) + 1),
      });
      const remove = keep(pressures, { settings, counter }, () => engine.leaveBlocks(kvBlocksShare()));
      counter.figures['kvBlocksBefore'] = before;
      counter.figures['kvBlocksLeft'] = engine.kvBlocks;
      return () => {
        unobserve();
        remove();
      };
    },
  });

  const outOfMemory = partFault({
    settings: OutOfMemory,
    apply: (settings, counter) => {
      const remove = keep(deaths, { settings, counter }, () => {
        if (deaths.size === 0) engine.revive();
      });
      if (settings.xid > 0) xid = settings.xid;
      const victims = engine.die();
      counter.seen += victims;
      counter.altered += victims;
      return remove;
    },
  });

  const errorShare = partFault({
    settings: ErrorShare,
    apply: (settings, counter) => keep(errors, { settings, counter }, () => undefined),
  });

  const failCall: ModelTrouble['failCall'] = () => {
    for (const { settings, counter } of errors) {
      const failing = random.next() < settings.share;
      count(counter, failing);
      if (failing) return { status: settings.status, fault: counter.id };
    }
    return null;
  };

  const refusedByDeadEngine = (): string | null => {
    const death = last(deaths);
    if (death) count(death.counter, true);
    return death?.counter.id ?? null;
  };

  return {
    kinds: { noisyNeighbour, memoryPressure, outOfMemory, errorShare },
    trouble: {
      neighbourShare: () => 1 - freeShare(),
      kvBlocksShare,
      get xid() {
        return xid;
      },
      failCall,
      blame: (result) => {
        if (result.kind === 'dead') return last(deaths)?.counter.id ?? null;
        const pressure = result.preemptions > 0 ? last(pressures) : undefined;
        return (pressure ?? last(neighbours))?.counter.id ?? null;
      },
      refusedByDeadEngine,
    },
  };
}

/** Adds to a set and has the change take effect; the function returned takes it back. */
function keep<Item>(set: Set<Item>, item: Item, takeEffect: () => void): () => void {
  set.add(item);
  takeEffect();
  return () => {
    set.delete(item);
    takeEffect();
  };
}

function count(counter: FaultCounter, altered: boolean): void {
  counter.seen++;
  if (altered) counter.altered++;
}

function last<Item>(set: ReadonlySet<Item>): Item | undefined {
  return [...set].at(-1);
}
