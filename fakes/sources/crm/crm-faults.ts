import { z } from 'zod';
import type { Clock } from '../../../harness/kit/clock.ts';
import { createPartFaults, partFault, type FaultCounter, type PartFaults } from '../../part/part-faults.ts';
import type { RetryAfterForm } from './retry-after.ts';
import type { TokenBucket } from './token-bucket.ts';

/** A quota that has been cut. */
export interface QuotaCut {
  readonly counter: FaultCounter;
  /** The form in which a 429 says how long to wait, now. */
  form(): RetryAfterForm;
}

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

/** What is wrong with the CRM now. */
export interface CrmFaults {
  readonly partFaults: PartFaults;
  quotaCut(): QuotaCut | undefined;
  outage(): Outage | undefined;
  slowness(): Slowness | undefined;
}

const QuotaSettings = z.strictObject({
  perSecond: z.number().positive(),
  retryAfterForms: z.array(z.enum(['seconds', 'http-date', 'none'])).min(1),
  /** Each form lasts this long, the last one as long as the fault. Null (JSON's infinity) = the first stays. */
  formEveryMs: z.number().positive().nullish(),
});
const OutageSettings = z.strictObject({
  status: z.int().min(500).max(599).default(503),
  retryAfterSeconds: z.int().nonnegative().optional(),
});
const SlownessSettings = z.strictObject({ addMs: z.number().positive() });

/** The faults that a CRM can do to itself. Of two of a kind the later one counts; when it goes, the earlier one is back. */
export function createCrmFaults(clock: Clock, records: TokenBucket): CrmFaults {
  const quotaCuts: (QuotaCut & { perSecond: number })[] = [];
  const outages: Outage[] = [];
  const slownesses: Slowness[] = [];
  const normalPerSecond = records.perSecond;
  const setRate = (): void => records.setRate(quotaCuts.at(-1)?.perSecond ?? normalPerSecond);

  const partFaults = createPartFaults(
    {
      quota: partFault({
        settings: QuotaSettings,
        apply: ({ perSecond, retryAfterForms, formEveryMs }, counter) => {
          Object.assign(counter.figures, { throttled: 0, seconds: 0, httpDate: 0, none: 0 });
          const form = formByTime(clock, retryAfterForms, formEveryMs ?? Infinity);
          return push(quotaCuts, { counter, perSecond, form }, setRate);
        },
      }),
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

  return {
    partFaults,
    quotaCut: () => quotaCuts.at(-1),
    outage: () => outages.at(-1),
    slowness: () => slownesses.at(-1),
  };
}

function formByTime(clock: Clock, forms: readonly RetryAfterForm[], everyMs: number): () => RetryAfterForm {
  const fromMs = clock.now();
  return () => forms[Math.min(Math.floor((clock.now() - fromMs) / everyMs), forms.length - 1)] ?? 'seconds';
}

/** Adds to a list; the function that it returns takes out again. `changed` is told of both. */
function push<T>(list: T[], item: T, changed: () => void = () => undefined): () => void {
  list.push(item);
  changed();
  return () => {
    list.splice(list.indexOf(item), 1);
    changed();
  };
}
