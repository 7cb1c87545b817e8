import { z } from 'zod';
import type { Phase } from '../record.ts';
import type { Evidence } from './types.ts';

/** Which part of the run an objective looks at: all fault windows, the named ones, the baseline, the recovery, or all but the warm-up. */
export const DuringSchema = z.union(
  [z.enum(['fault', 'baseline', 'recovery', 'run']), z.array(z.string().min(1)).min(1).readonly()],
  { error: "must be 'fault', 'baseline', 'recovery', 'run' or a list of names of faults" },
);
export type During = z.infer<typeof DuringSchema>;

/** A stretch of the run: from (included) to (not included), milliseconds since the origin. */
export interface Window {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The windows as they really were: faults by their receipts (by the plan where there is none), recovery from the real heal. */
export function windowsOf(evidence: Evidence, during: During): readonly Window[] {
  const phases = evidence.record.plan.phases;
  switch (during) {
    case 'baseline':
      return phases.filter((phase) => phase.kind === 'baseline').map(plannedWindow);
    case 'recovery':
      return recoveryWindows(evidence);
    case 'run':
      return joined(phases.filter((phase) => phase.kind !== 'warm-up').map(plannedWindow));
    case 'fault':
      return faultNames(phases).flatMap((fault) => faultWindows(evidence, fault));
    default:
      return during.flatMap((fault) => faultWindows(evidence, fault));
  }
}

/** When the last fault was seen healed; by the plan where no receipt says so; null in a run without faults. */
export function lastHealMs(evidence: Evidence): number | null {
  const ends = windowsOf(evidence, 'fault').map((window) => window.toMs);
  return ends.length === 0 ? null : Math.max(...ends);
}

/** When the first fault was seen; by the plan where no receipt says so; null in a run without faults. */
export function firstFaultMs(evidence: Evidence): number | null {
  const starts = windowsOf(evidence, 'fault').map((window) => window.fromMs);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** When the load ended by the plan: the horizon of everything that may take long. */
export function horizonMs(evidence: Evidence): number {
  const ends = evidence.record.plan.phases.map((phase) => phase.endMs);
  return ends.length === 0 ? evidence.record.plan.durationMs : Math.max(...ends);
}

export function isInside(windows: readonly Window[], atMs: number): boolean {
  return windows.some((window) => atMs >= window.fromMs && atMs < window.toMs);
}

export function lengthMs(windows: readonly Window[]): number {
  return windows.reduce((sum, window) => sum + window.toMs - window.fromMs, 0);
}

/** As it reads in a sentence: `while quota-cut was there`. */
export function describeDuring(during: During): string {
  switch (during) {
    case 'fault':
      return 'during the faults';
    case 'baseline':
      return 'in the baseline';
    case 'recovery':
      return 'in the recovery';
    case 'run':
      return 'over the whole run';
    default:
      return `during ${during.join(', ')}`;
  }
}

function faultNames(phases: readonly Phase[]): readonly string[] {
  return [...new Set(phases.flatMap((phase) => (phase.kind === 'fault' && phase.fault ? [phase.fault] : [])))];
}

function faultWindows(evidence: Evidence, fault: string): readonly Window[] {
  const receipts = evidence.record.receipts.filter((receipt) => receipt.fault === fault);
  if (receipts.length > 0) {
    return receipts.map(({ activeFromMs, activeToMs }) => ({ name: fault, fromMs: activeFromMs, toMs: activeToMs }));
  }
  return evidence.record.plan.phases
    .filter((phase) => phase.kind === 'fault' && phase.fault === fault)
    .map(plannedWindow);
}

function recoveryWindows(evidence: Evidence): readonly Window[] {
  const healed = evidence.record.receipts.map((receipt) => receipt.activeToMs);
  return evidence.record.plan.phases
    .filter((phase) => phase.kind === 'recovery')
    .map((phase) => {
      const late = healed.filter((healMs) => healMs > phase.startMs && healMs < phase.endMs);
      return { ...plannedWindow(phase), fromMs: Math.max(phase.startMs, ...late) };
    });
}

/** One window from the first start to the last end, so that the seams between phases are not lost. */
function joined(windows: readonly Window[]): readonly Window[] {
  if (windows.length === 0) return [];
  const fromMs = Math.min(...windows.map((window) => window.fromMs));
  return [{ name: 'run', fromMs, toMs: Math.max(...windows.map((window) => window.toMs)) }];
}

function plannedWindow(phase: Phase): Window {
  return { name: phase.fault ?? phase.name, fromMs: phase.startMs, toMs: phase.endMs };
}
