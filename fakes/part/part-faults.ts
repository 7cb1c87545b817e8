import type { z } from 'zod';
import type { Clock, Timer } from '../../harness/kit/clock.ts';
import type { PartFaultReceipt } from '../../harness/world/types.ts';

/** Counts what an active fault could have altered and what it did alter. */
export interface FaultCounter {
  readonly id: string;
  seen: number;
  altered: number;
  readonly figures: Record<string, number>;
}

/** One kind of fault that a part can do to itself. `apply` switches it on and returns how to switch it off. */
export interface PartFaultKind<Settings = unknown> {
  readonly settings: z.ZodType<Settings>;
  apply(settings: Settings, counter: FaultCounter): () => void;
}

/** Gives a kind its type while it stands among others in a list. */
export function partFault<Settings>(kind: PartFaultKind<Settings>): PartFaultKind {
  return { settings: kind.settings, apply: (settings, counter) => kind.apply(kind.settings.parse(settings), counter) };
}

export type InjectResult =
  { readonly kind: 'injected' } | { readonly kind: 'rejected'; readonly problems: readonly string[] };

/** The faults of one part. A fault whose lease nobody renews ends by itself, here, in the data path. */
export interface PartFaults {
  inject(id: string, request: { kind: string; settings: unknown; leaseMs: number }): InjectResult;
  heal(id: string): PartFaultReceipt | undefined;
  renew(leaseMs: number): readonly string[];
  receipts(): readonly PartFaultReceipt[];
}

interface Active {
  readonly kind: string;
  readonly counter: FaultCounter;
  readonly activeFromMs: number;
  readonly release: () => void;
  lease: Timer;
}

export function createPartFaults(kinds: Readonly<Record<string, PartFaultKind>>, clock: Clock): PartFaults {
  const active = new Map<string, Active>();
  const ended: PartFaultReceipt[] = [];

  const end = (id: string, why: 'healed' | 'lease lapsed'): PartFaultReceipt | undefined => {
    const fault = active.get(id);
    if (!fault) return ended.findLast((receipt) => receipt.id === id);
    active.delete(id);
    fault.lease.cancel();
    fault.release();
    const receipt = receiptOf(id, fault, { activeToMs: clock.now(), ended: why });
    ended.push(receipt);
    return receipt;
  };

  const startLease = (id: string, leaseMs: number): Timer =>
    clock.setTimer(() => void end(id, 'lease lapsed'), leaseMs);

  return {
    inject: (id, { kind, settings, leaseMs }) => {
      const known = kinds[kind];
      if (!known) {
        const names = Object.keys(kinds).join(', ') || 'none';
        return { kind: 'rejected', problems: [`There is no fault "${kind}" here. This part can do: ${names}.`] };
      }
      if (active.has(id)) return { kind: 'rejected', problems: [`The fault "${id}" is already active.`] };
      const parsed = known.settings.safeParse(settings);
      if (!parsed.success)
        return {
          kind: 'rejected',
          problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
        };
      const counter: FaultCounter = { id, seen: 0, altered: 0, figures: {} };
      const release = known.apply(parsed.data, counter);
      active.set(id, { kind, counter, activeFromMs: clock.now(), release, lease: startLease(id, leaseMs) });
      return { kind: 'injected' };
    },
    heal: (id) => end(id, 'healed'),
    renew: (leaseMs) => {
      for (const [id, fault] of active) {
        fault.lease.cancel();
        fault.lease = startLease(id, leaseMs);
      }
      return [...active.keys()];
    },
    receipts: () => [
      ...ended,
      ...[...active].map(([id, fault]) => receiptOf(id, fault, { activeToMs: null, ended: null })),
    ],
  };
}

function receiptOf(
  id: string,
  fault: Active,
  ending: Pick<PartFaultReceipt, 'activeToMs' | 'ended'>,
): PartFaultReceipt {
  const { seen, altered, figures } = fault.counter;
  return { id, kind: fault.kind, activeFromMs: fault.activeFromMs, ...ending, seen, altered, figures: { ...figures } };
}
