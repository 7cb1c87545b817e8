/**
 * How long an open-loop FIFO server stays bad after a full outage when its callers retry at once: (D·x - τ)/(1 - x) with x = ρ(1 + R),
 * never (Infinity) where x ≥ 1. Zero where no attempt had timed out yet. Source: verdict mathematics, rule 1.
 */
export function recoveryFormulaMs(settings: {
  /** ρ: offered ÷ capacity when nothing is wrong. */
  utilisation: number;
  /** R: retries per operation; with a retry budget, the budget. */
  retries: number;
  faultMs: number;
  timeoutMs: number;
}): number {
  const load = settings.utilisation * (1 + settings.retries);
  if (load >= 1) return Infinity;
  return Math.max(0, (settings.faultMs * load - settings.timeoutMs) / (1 - load));
}

/** How long a backlog takes to drain after a fault: D·(λ - μ_f)/(μ - λ); never where the feed is as fast as the capacity. */
export function drainFormulaMs(settings: {
  faultMs: number;
  /** λ */
  feedPerSecond: number;
  /** μ */
  capacityPerSecond: number;
  /** μ_f: what still gets through while the fault is there. */
  remainingPerSecond: number;
}): number {
  const surplus = settings.feedPerSecond - settings.remainingPerSecond;
  if (surplus <= 0) return 0;
  const spare = settings.capacityPerSecond - settings.feedPerSecond;
  return spare <= 0 ? Infinity : (settings.faultMs * surplus) / spare;
}
