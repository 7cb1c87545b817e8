import { z } from 'zod';
import type { JsonObject } from './kit/json.ts';
import { LedgerSchema, SeriesSchema } from './observe/observations.ts';

export type { Call, CallOutcome, Item, Ledger, Outcome, Sample, Series } from './observe/observations.ts';

/** The version of the document; grows when an old reader could misread a new record. */
export const recordVersion = 1;

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** Where a phase was planned. Milliseconds since the run's origin. */
export const PhaseSchema = z.object({
  name: z.string(),
  kind: z.enum(['warm-up', 'baseline', 'fault', 'recovery']),
  startMs: z.number(),
  endMs: z.number(),
  /** The name of the fault, in a fault phase. */
  fault: z.string().exactOptional(),
});
export type Phase = z.infer<typeof PhaseSchema>;

const FaultSpecSchema = z.object({
  name: z.string(),
  kind: z.string(),
  part: z.string(),
  summary: z.string(),
  settings: json,
  durationMs: z.number().exactOptional(),
  remainingPerSecond: z.number().exactOptional(),
});

const ObjectiveSpecSchema = z.object({ name: z.string(), kind: z.string(), statement: z.string(), settings: json });

const PlannedLoadSchema = z.object({
  operation: z.string(),
  workClass: z.enum(['interactive', 'batch']),
  summary: z.string(),
  /** How many requests will be sent; null for a feed that the target follows by itself. */
  requests: z.number().nullable(),
});

/** What will happen and when; a function of scenario, pace and seed, made before anything starts. */
export const PlanSchema = z.object({
  scenario: z.string(),
  promise: z.string(),
  covers: z.array(z.string()),
  references: z.array(z.string()),
  seed: z.number(),
  pace: z.enum(['quick', 'full']),
  /** How much of the scenario's requests was sent; absent where it was all of it. The feeds of sources are never scaled. */
  rate: z.number().exactOptional(),
  /** Length of the window over which recovery has to hold. */
  holdMs: z.number(),
  durationMs: z.number(),
  phases: z.array(PhaseSchema),
  faults: z.array(FaultSpecSchema),
  load: z.array(PlannedLoadSchema),
  loadSpecs: z.array(json),
  objectives: z.array(ObjectiveSpecSchema),
  parts: z.array(
    z.object({
      name: z.string(),
      role: z.enum(['source', 'model', 'store']),
      protocol: z.enum(['http', 'tcp']),
      settings: json,
      variables: z.record(z.string(), z.string()),
    }),
  ),
  corpus: z.object({ documents: z.number() }),
  /** How long the backlog should take to drain after the last fault, by the formula of queueing; null where nothing queues up. */
  expectedDrainMs: z.number().nullable(),
  /** The longest deadline of a request, τ. */
  timeoutMs: z.number(),
});
export type Plan = z.infer<typeof PlanSchema>;
export type PlannedFault = z.infer<typeof FaultSpecSchema>;

/** What a fault really did. Times are milliseconds since the run's origin, by the injector's own probe. */
export const ReceiptSchema = z.object({
  fault: z.string(),
  kind: z.string(),
  part: z.string(),
  activeFromMs: z.number(),
  activeToMs: z.number(),
  ended: z.enum(['healed', 'lease lapsed', 'interrupted']),
  /** What it could have altered and what it did alter. */
  seen: z.number(),
  altered: z.number(),
  figures: z.record(z.string(), z.number()),
});
export type Receipt = z.infer<typeof ReceiptSchema>;

export const VerdictOutcomeSchema = z.enum(['pass', 'fail', 'inconclusive', 'invalid']);
export type VerdictOutcome = z.infer<typeof VerdictOutcomeSchema>;

/** One figure of a verdict. `limit` is what it was held against, where it was. */
export const FigureSchema = z.object({
  name: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  limit: z.number().exactOptional(),
});
export type Figure = z.infer<typeof FigureSchema>;

export const ObjectiveVerdictSchema = z.object({
  name: z.string(),
  kind: z.string(),
  statement: z.string(),
  outcome: VerdictOutcomeSchema,
  /** One counterexample is enough, and it stays a failure even in an invalid run. */
  hardInvariant: z.boolean(),
  /** What was seen, with its numbers: `p95 of time to first token was 3000 ms, limit 1500 ms (n = 812)`. */
  finding: z.string(),
  figures: z.array(FigureSchema),
  /** How many observations it rests on. */
  sampleCount: z.number(),
  /** At most ten counterexamples, as text, the worst first. */
  counterexamples: z.array(z.string()),
});
export type ObjectiveVerdict = z.infer<typeof ObjectiveVerdictSchema>;

export const RunVerdictSchema = z.object({
  outcome: VerdictOutcomeSchema,
  /** Why the experiment itself did not hold; empty when it did. */
  invalidReasons: z.array(z.string()),
  objectives: z.array(ObjectiveVerdictSchema),
});
export type RunVerdict = z.infer<typeof RunVerdictSchema>;

/** Everything that a report or a judge may know of a run, but for the sample log and the call log, which lie beside it. */
export const RunRecordSchema = z.object({
  version: z.literal(recordVersion),
  run: z.object({
    id: z.string(),
    /** ISO 8601, UTC. */
    startedAt: z.string(),
    /** The run's origin (start of the load), epoch milliseconds. */
    originMs: z.number(),
    world: z.enum(['local', 'simulated']),
    /** True where the seed decided the order of what was ready at the same time; else absent. */
    interleaved: z.boolean().exactOptional(),
    target: z.string(),
    defect: z.string().nullable(),
    /** The command that repeats it. */
    command: z.string(),
    versions: z.record(z.string(), z.string()),
    /** Null when the run went to its end; otherwise why it did not. */
    interrupted: z.string().nullable(),
  }),
  plan: PlanSchema,
  receipts: z.array(ReceiptSchema),
  ledger: LedgerSchema,
  /** What every link carried in the baseline. */
  baselineTraffic: z.array(
    z.object({
      name: z.string(),
      from: z.string(),
      to: z.string(),
      variables: z.array(z.string()),
      connections: z.number(),
      bytesToPart: z.number(),
      bytesFromPart: z.number(),
    }),
  ),
  /** How late the load generator was, in milliseconds: sent minus due. */
  lateness: z.object({ count: z.number(), p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() }),
  telemetry: z.array(SeriesSchema),
  processes: z.array(
    z.object({
      name: z.string(),
      /** File with its output, relative to the run's folder; null where none is kept. */
      output: z.string().nullable(),
      /** How it ended before it was stopped; null when it was alive until then. */
      died: z.string().nullable(),
      diedAtMs: z.number().nullable(),
    }),
  ),
  /** What a reader should know: left-overs swept before the start, problems while collecting. */
  notes: z.array(z.string()),
  /** Parts whose journal, and sources whose items, could not be read to their end: what rests on them is not known. */
  unreadable: z.array(z.string()).exactOptional(),
  /** The logs beside this document. */
  logs: z.object({ samples: z.string(), calls: z.string() }),
  verdict: RunVerdictSchema,
});
export type RunRecord = z.infer<typeof RunRecordSchema>;
