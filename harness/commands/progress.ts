import type { Clock, Timer } from '../kit/clock.ts';
import { formatDuration } from '../kit/durations.ts';
import type { Phase, Plan } from '../record.ts';
import type { Progress } from '../experiment.ts';
import type { Terminal } from './terminal.ts';

/** Shows where a run is: a line for each phase, and on a terminal a line below it that counts down. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  stop(): void;
}

export function createProgress(clock: Clock, terminal: Terminal): ProgressDisplay {
  let ticking: Timer | undefined;
  const stop = (): void => ticking?.cancel();
  const tick = (phase: Phase, plan: Plan, startedAtMs: number): void => {
    const elapsedMs = clock.now() - startedAtMs;
    terminal.transient(`  ${countdown(phase, plan, elapsedMs)}`);
    ticking = clock.setTimer(() => tick(phase, plan, startedAtMs), 1000);
  };
  return {
    stop,
    show: (progress) => {
      stop();
      if (progress.kind === 'starting') terminal.transient(`  starting: ${progress.what}`);
      else {
        terminal.say(`  ${phaseLine(progress.phase, progress.plan)}`);
        if (terminal.isTerminal) tick(progress.phase, progress.plan, clock.now());
      }
    },
  };
}

/** `baseline (20 s; 102 s left)`, or with what the fault does. */
export function phaseLine(phase: Phase, plan: Plan): string {
  const summary = plan.faults.find((fault) => fault.name === phase.fault)?.summary;
  const what = summary === undefined ? phase.name : `${phase.name}: ${summary}`;
  return `${what} (${formatDuration(phase.endMs - phase.startMs)}; ${formatDuration(plan.durationMs - phase.startMs)} left)`;
}

/** `[=====     ] baseline 9 s of 20 s, 93 s left`. */
export function countdown(phase: Phase, plan: Plan, elapsedMs: number): string {
  const width = 20;
  const doneMs = Math.min(plan.durationMs, phase.startMs + elapsedMs);
  const filled = Math.round((width * doneMs) / plan.durationMs);
  const lengthMs = phase.endMs - phase.startMs;
  const whole = (ms: number): string => `${Math.round(Math.max(0, ms) / 1000)} s`;
  return `[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${phase.name} ${whole(Math.min(elapsedMs, lengthMs))} of ${whole(lengthMs)}, ${whole(plan.durationMs - doneMs)} left`;
}
