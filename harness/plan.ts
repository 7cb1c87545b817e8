import { loadAtRate } from './load/at-rate.ts';
import { scheduleLoads, type LoadSchedule } from './load/schedule.ts';
import type { FollowLoad, LoadSpec, RequestLoad } from './load/types.ts';
import type { JsonObject } from './kit/json.ts';
import { seconds } from './kit/durations.ts';
import { seededRandom } from './kit/random.ts';
import type { Phase, Plan, PlannedFault } from './record.ts';
import type { PhaseLengths, Scenario } from './scenario.ts';

export type Pace = Plan['pace'];

type PaceTimes = Required<PhaseLengths>;

/** `quick` is for a first look and for CI; `full` has the lengths that the mathematics of recovery asks for (docs/verdicts.md). */
export const paces: Readonly<Record<Pace, PaceTimes>> = {
  quick: {
    warmUpMs: seconds(10),
    baselineMs: seconds(20),
    faultMs: seconds(20),
    holdMs: seconds(10),
    recoveryMs: seconds(30),
  },
  full: {
    warmUpMs: seconds(60),
    baselineMs: seconds(60),
    faultMs: seconds(60),
    holdMs: seconds(30),
    recoveryMs: seconds(300),
  },
};

/**
 * What will happen and when: a pure function of scenario, seed, pace and rate.
 *
 * @param choice.rate how much of the scenario's load is sent; default 1, above 0 and at most 100
 * @throws GamedayError `usage` for a rate out of its range
 */
export function makePlan(scenario: Scenario, choice: { seed: number; pace: Pace; rate?: number | undefined }): Plan {
  const { rate = 1 } = choice;
  const loads = loadAtRate(scenario.load, rate);
  const times: PaceTimes = { ...paces[choice.pace], ...scenario.phases };
  const faults: PlannedFault[] = scenario.faults.map((fault) => ({
    ...fault,
    settings: { ...fault.settings },
    durationMs: fault.durationMs ?? times.faultMs,
  }));
  const expectedDrainMs = drainMs(loads, faults);
  const phases = planPhases(times, faults, Math.max(times.recoveryMs, 2 * (expectedDrainMs ?? 0)));
  const requests = loads.filter((load) => load.kind === 'requests');
  const plan: Omit<Plan, 'load'> = {
    scenario: scenario.name,
    promise: scenario.promise,
    covers: [...scenario.covers],
    references: [...scenario.references],
    seed: choice.seed,
    pace: choice.pace,
    ...(rate === 1 ? {} : { rate }),
    holdMs: times.holdMs,
    durationMs: phases.at(-1)?.endMs ?? 0,
    phases,
    faults,
    loadSpecs: loads.map(asJson),
    objectives: scenario.objectives.map((objective) => ({ ...objective, settings: { ...objective.settings } })),
    parts: scenario.world.parts.map(({ name, role, protocol, settings, variables }) => ({
      name,
      role,
      protocol,
      settings: { ...settings },
      variables: { ...variables },
    })),
    corpus: { documents: scenario.world.corpus.documents },
    expectedDrainMs,
    timeoutMs: Math.max(0, ...requests.map((load) => load.deadlineMs)),
  };
  const schedules = schedulesOf(loads, plan);
  return { ...plan, load: loads.map((load) => plannedLoad(load, schedules)) };
}

/** The arrivals of a plan: the same plan gives the same times and trace ids. */
export function loadSchedules(scenario: Scenario, plan: Timetable & Pick<Plan, 'rate'>): LoadSchedule[] {
  return schedulesOf(loadAtRate(scenario.load, plan.rate ?? 1), plan);
}

type Timetable = Pick<Plan, 'seed' | 'phases' | 'durationMs'>;

function schedulesOf(loads: readonly LoadSpec[], plan: Timetable): LoadSchedule[] {
  const windows = plan.phases.flatMap(({ fault, startMs, endMs }) =>
    fault === undefined ? [] : [{ fault, startMs, endMs }],
  );
  const requests = loads.filter((load): load is RequestLoad => load.kind === 'requests');
  return scheduleLoads(requests, seededRandom(plan.seed).fork('load'), plan.durationMs, windows);
}

function planPhases(times: PaceTimes, faults: readonly PlannedFault[], recoveryMs: number): Phase[] {
  const lengths: (Omit<Phase, 'startMs' | 'endMs'> & { lengthMs: number })[] = [
    { name: 'warm-up', kind: 'warm-up', lengthMs: times.warmUpMs },
    { name: 'baseline', kind: 'baseline', lengthMs: times.baselineMs },
    ...faults.map((fault) => ({
      name: fault.name,
      kind: 'fault' as const,
      fault: fault.name,
      lengthMs: fault.durationMs ?? times.faultMs,
    })),
    { name: 'recovery', kind: 'recovery', lengthMs: recoveryMs },
  ];
  let atMs = 0;
  return lengths.map(({ lengthMs, ...phase }) => ({ ...phase, startMs: atMs, endMs: (atMs += lengthMs) }));
}

/**
 * How long the backlog of a feed takes to drain after the faults: what piled up, D (λ - μ_f) summed over them, over what is left of the
 * capacity, μ - λ. Null where nothing is followed or piles up, and where the feed is faster than the capacity.
 */
export function drainMs(loads: readonly LoadSpec[], faults: readonly PlannedFault[]): number | null {
  const follow = loads.find((load): load is FollowLoad => load.kind === 'follow');
  if (!follow || follow.capacityPerSecond <= follow.feedPerSecond) return null;
  const piledUp = faults
    .filter((fault) => fault.part === follow.part && fault.remainingPerSecond !== undefined)
    .reduce(
      (sum, fault) =>
        sum + (fault.durationMs ?? 0) * Math.max(0, follow.feedPerSecond - (fault.remainingPerSecond ?? 0)),
      0,
    );
  return piledUp === 0 ? null : piledUp / (follow.capacityPerSecond - follow.feedPerSecond);
}

function plannedLoad(load: LoadSpec, schedules: readonly LoadSchedule[]): Plan['load'][number] {
  if (load.kind === 'follow') {
    const summary = `follows the changes of ${load.part}: ${load.feedPerSecond} per second of at most ${load.capacityPerSecond}`;
    return { operation: load.operation, workClass: 'batch', summary, requests: null };
  }
  const requests = schedules.find((schedule) => schedule.load === load)?.timesMs.length ?? 0;
  return { operation: load.operation, workClass: load.workClass, summary: summaryOf(load), requests };
}

function summaryOf(load: RequestLoad): string {
  const { profile } = load;
  const each = load.documentsPerRequest === undefined ? '' : ` of ${load.documentsPerRequest} documents`;
  switch (profile.kind) {
    case 'poisson':
      return `${plain(profile.ratePerSecond)} per second${each}, Poisson`;
    case 'constant':
      return `${plain(profile.ratePerSecond)} per second${each}, evenly spaced`;
    case 'flood':
      return `${plain(profile.ratePerSecond)} per second${each}, ${plain(profile.floodPerSecond)} during ${profile.duringFaults.join(', ')}, Poisson`;
    case 'steps':
      return `${profile.steps.map((step) => plain(step.ratePerSecond)).join(', then ')} per second${each}, Poisson`;
    case 'ramp':
      return `from ${plain(profile.fromPerSecond)} to ${plain(profile.toPerSecond)} per second${each}, Poisson`;
  }
}

/** A product of rates, without the digits that binary fractions add. */
function plain(ratePerSecond: number): string {
  return String(Number(ratePerSecond.toPrecision(6)));
}

/** A load spec is plain data; this only forgets its type. */
function asJson(load: LoadSpec): JsonObject {
  return structuredClone(load) as unknown as JsonObject;
}
