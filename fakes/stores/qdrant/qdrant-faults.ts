import { z } from 'zod';
import type { Clock } from '../../../harness/kit/clock.ts';
import { createPartFaults, partFault, type FaultCounter, type PartFaults } from '../../part/part-faults.ts';

/** Every call is answered with this status. */
export interface Outage {
  readonly counter: FaultCounter;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

/** Every call takes longer. */
export interface Slowness {
  readonly counter: FaultCounter;
  readonly addMs: number;
}

/** What is wrong with the store now. */
export interface QdrantFaults {
  readonly partFaults: PartFaults;
  outage(): Outage | undefined;
  slowness(): Slowness | undefined;
}

const OutageSettings = z.strictObject({
  status: z.int().min(500).max(599).default(503),
  retryAfterSeconds: z.int().nonnegative().optional(),
});
const SlownessSettings = z.strictObject({ addMs: z.number().positive() });

/** The faults that the store can do to itself. Of two of a kind the later one counts; when it goes, the earlier one is back. */
export function createQdrantFaults(clock: Clock): QdrantFaults {
  const outages: Outage[] = [];
  const slownesses: Slowness[] = [];
  const partFaults = createPartFaults(
    {
      unavailable: partFault({
        settings: OutageSettings,
        apply: ({ status, retryAfterSeconds }, counter) => push(outages, { counter, status, retryAfterSeconds }),
      }),
      slow: partFault({
        settings: SlownessSettings,
        apply: ({ addMs }, counter) => push(slownesses, { counter, addMs }),
      }),
    },
    clock,
  );
  return { partFaults, outage: () => outages.at(-1), slowness: () => slownesses.at(-1) };
}

/** Adds to a list; the function that it returns takes out again. */
function push<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => void list.splice(list.indexOf(item), 1);
}
