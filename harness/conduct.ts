import type { Clock } from './kit/clock.ts';
import { messageOf } from './kit/errors.ts';
import { injectorFor } from './faults/index.ts';
import type { ActiveFault, FaultEffect } from './faults/types.ts';
import { withDeadline } from './kit/deadline.ts';
import type { Phase, Plan, Receipt } from './record.ts';
import type { FaultAccess } from './world/types.ts';

/** What leads a run through its phases. */
export interface Conductor {
  readonly clock: Clock;
  readonly plan: Plan;
  readonly access: FaultAccess;
  readonly originMs: number;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: Phase) => void;
  /** Called when the baseline begins and when it is over. */
  readonly onBaseline: (edge: 'start' | 'end') => Promise<void>;
  /** Ends every fault, whatever state it is in; takes a second at most. */
  readonly healAll: () => Promise<void>;
  readonly onNote: (note: string) => void;
}

/** Goes through the phases of the plan and returns the receipts of its faults. Whatever is active is healed when `signal` is aborted. */
export async function conduct(conductor: Conductor): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  const isStopped = (): boolean => conductor.signal.aborted;
  for (const phase of conductor.plan.phases) {
    if (isStopped()) break;
    conductor.onPhase(phase);
    if (phase.kind === 'baseline') await conductor.onBaseline('start');
    if (phase.kind === 'fault') {
      const receipt = await faultPhase(conductor, phase);
      if (receipt) receipts.push(receipt);
    } else await until(conductor, phase.endMs);
    if (phase.kind === 'baseline' && !isStopped()) await conductor.onBaseline('end');
  }
  return receipts;
}

async function faultPhase(conductor: Conductor, phase: Phase): Promise<Receipt | undefined> {
  const { plan, access, leaseMs, originMs } = conductor;
  const spec = plan.faults.find((fault) => fault.name === phase.fault);
  const injector = spec && injectorFor(spec.kind);
  if (!spec || !injector) return undefined;
  let active: ActiveFault | undefined;
  try {
    active = await injector.inject(spec, access, leaseMs);
    await until(conductor, phase.endMs);
    const effect = await healed(conductor, active);
    return {
      fault: spec.name,
      kind: spec.kind,
      part: spec.part,
      activeFromMs: effect.activeFromMs - originMs,
      activeToMs: effect.activeToMs - originMs,
      ended: conductor.signal.aborted ? 'interrupted' : effect.ended,
      seen: effect.seen,
      altered: effect.altered,
      figures: { ...effect.figures },
    };
  } catch (cause) {
    // No receipt makes the run invalid; the note says why there is none.
    conductor.onNote(
      `The fault "${spec.name}" ${active ? 'gave no receipt' : 'could not be injected'}: ${messageOf(cause)}`,
    );
    // Whatever it did, it must not go on into the next phase.
    await conductor
      .healAll()
      .catch((problem: unknown) => conductor.onNote(`It could not be healed either: ${messageOf(problem)}`));
    await until(conductor, phase.endMs);
    return undefined;
  }
}

/** Ends a fault. When the run is being stopped there is no time to wait for a part that hangs. */
function healed({ clock, signal }: Conductor, active: ActiveFault): Promise<FaultEffect> {
  return signal.aborted
    ? withDeadline(clock, active.heal(), { what: 'the fault to be healed', limitMs: 600 })
    : active.heal();
}

/** Waits until `atMs` since the origin, or until the run is interrupted. */
async function until(conductor: Conductor, atMs: number): Promise<void> {
  const { clock, originMs, signal } = conductor;
  await clock.sleep(originMs + atMs - clock.now(), signal).catch(() => undefined);
}
