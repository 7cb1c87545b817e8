import { judgeFor, type judges } from '../../harness/judge/index.ts';
import type { Evidence, ObjectiveSpec } from '../../harness/judge/types.ts';
import type { Call, Ledger, ObjectiveVerdict, Outcome, Plan, Receipt, Sample } from '../../harness/record.ts';

/** The run of these tests: warm-up to 10 s, baseline to 30 s, the fault `trouble` to 50 s, recovery to 80 s. */
export const baselineMs = { fromMs: 10_000, toMs: 30_000 };
export const faultMs = { fromMs: 30_000, toMs: 50_000 };
export const recoveryMs = { fromMs: 50_000, toMs: 80_000 };

export const good: Outcome = { kind: 'good', degraded: false };
export const timeout: Outcome = { kind: 'failed', code: 'timeout' };
export const shed: Outcome = { kind: 'shed', status: 429, retryAfterMs: 1000 };

type Record = Evidence['record'];

export interface EvidenceParts {
  readonly samples?: readonly Sample[];
  readonly calls?: readonly Call[];
  readonly plan?: Partial<Plan>;
  readonly run?: Partial<Record['run']>;
  readonly ledger?: Partial<Ledger>;
  readonly receipts?: Receipt[];
  readonly record?: Partial<Record>;
}

/** A run in which nothing is wrong, but for what `parts` says. */
export function evidence(parts: EvidenceParts = {}): Evidence {
  return {
    record: {
      version: 1,
      run: {
        id: 'run',
        startedAt: '2030-01-01T00:00:00.000Z',
        originMs: 0,
        world: 'local',
        target: 'reference',
        defect: null,
        command: 'gameday run test',
        versions: {},
        interrupted: null,
        ...parts.run,
      },
      plan: { ...plan(), ...parts.plan },
      receipts: parts.receipts ?? [receipt()],
      ledger: { sources: {}, acknowledged: [], stored: [], deadLetters: [], backlog: [], ...parts.ledger },
      baselineTraffic: [],
      lateness: { count: 100, p50Ms: 1, p99Ms: 5, maxMs: 8 },
      telemetry: [],
      processes: [],
      notes: [],
      logs: { samples: 'samples.jsonl', calls: 'calls.jsonl' },
      ...parts.record,
    },
    samples: parts.samples ?? [],
    calls: parts.calls ?? [],
  };
}

function plan(): Plan {
  return {
    scenario: 'test',
    promise: 'It holds.',
    covers: [],
    references: [],
    seed: 1,
    pace: 'quick',
    holdMs: 10_000,
    durationMs: 80_000,
    phases: [
      { name: 'warm-up', kind: 'warm-up', startMs: 0, endMs: 10_000 },
      { name: 'baseline', kind: 'baseline', startMs: 10_000, endMs: 30_000 },
      { name: 'trouble', kind: 'fault', startMs: 30_000, endMs: 50_000, fault: 'trouble' },
      { name: 'recovery', kind: 'recovery', startMs: 50_000, endMs: 80_000 },
    ],
    faults: [{ name: 'trouble', kind: 'throttle', part: 'crm', summary: 'It is slow.', settings: {} }],
    load: [],
    loadSpecs: [],
    objectives: [],
    parts: [],
    corpus: { documents: 10 },
    expectedDrainMs: 10_000,
    timeoutMs: 5000,
  };
}

export function receipt(changes: Partial<Receipt> = {}): Receipt {
  return {
    fault: 'trouble',
    kind: 'throttle',
    part: 'crm',
    activeFromMs: 30_000,
    activeToMs: 50_000,
    ended: 'healed',
    seen: 10,
    altered: 10,
    figures: {},
    ...changes,
  };
}

/** A question that was due in the fault, with its first token after 100 ms and its end after 200 ms. */
export function sample(changes: Partial<Sample> & { latencyMs?: number } = {}): Sample {
  const { latencyMs = 100, ...fields } = changes;
  const dueMs = fields.dueMs ?? 40_000;
  const answered = (fields.outcome ?? good).kind === 'good';
  return {
    id: `sample-${dueMs}`,
    operation: 'ask',
    workClass: 'interactive',
    dueMs,
    sentMs: dueMs,
    firstTokenMs: answered ? dueMs + latencyMs : null,
    doneMs: answered ? dueMs + 2 * latencyMs : dueMs + (fields.deadlineMs ?? 5000),
    deadlineMs: 5000,
    outcome: good,
    tokens: 32,
    correct: true,
    ...fields,
  };
}

/** `count` samples, evenly spread over a window; `change` says what is special about the n-th. */
export function samples(
  count: number,
  window: { fromMs: number; toMs: number },
  change: (index: number) => Parameters<typeof sample>[0] = () => ({}),
): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const dueMs = Math.floor(window.fromMs + ((window.toMs - window.fromMs) * index) / count);
    return sample({ id: `${window.fromMs}-${index}`, dueMs, ...change(index) });
  });
}

/** Whether the n-th of `count` events is among `bad` ones that are evenly spread over them. */
export function isSpreadBad(index: number, bad: number, count: number): boolean {
  return Math.floor(((index + 1) * bad) / count) > Math.floor((index * bad) / count);
}

/** A good call at `crm` in the fault that took 10 ms. */
export function call(changes: Partial<Call> = {}): Call {
  const receivedMs = changes.receivedMs ?? 40_000;
  return {
    part: 'crm',
    number: 1,
    method: 'GET',
    path: '/tickets/1',
    operation: 'ticket/1',
    traceId: null,
    attempt: 1,
    workClass: null,
    dueMs: null,
    receivedMs,
    endedMs: receivedMs + 10,
    status: 200,
    outcome: 'ok',
    retryAfterMs: null,
    tokens: 0,
    fault: null,
    figures: {},
    ...changes,
  };
}

/** Judges one objective. */
export function judge(spec: ObjectiveSpec, seen: Evidence): ObjectiveVerdict {
  const found: (typeof judges)[number] | undefined = judgeFor(spec.kind);
  if (!found) throw new Error(`There is no judge of the kind "${spec.kind}".`);
  return found.judge(spec, seen);
}
