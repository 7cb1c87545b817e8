import { z } from 'zod';
import { PhaseSchema, ReceiptSchema, RunRecordSchema, RunVerdictSchema } from '../harness/record.ts';
import { plainText } from './plain-text.ts';
import type { ReportInput } from './report-input.ts';
import { operationTotals } from './timeline/operation-figures.ts';

/** The version of the summary; grows when an old reader could misread a new summary. New keys alone do not change it. */
const summaryVersion = 1;

const OperationTotalsSchema = z.object({
  operation: z.string(),
  offered: z.number(),
  good: z.number(),
  /** Of the good ones, those that the target flagged as degraded. */
  degraded: z.number(),
  shed: z.number(),
  /** Failed, of unknown end, or never sent. */
  failed: z.number(),
  /** Milliseconds from when a request was due; null = no answer within its deadline at this quantile, or nothing to measure. */
  firstTokenMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
  completionMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
});

/** What a script needs to know of a run, without logs and telemetry. */
export const SummarySchema = z.object({
  format: z.literal('gameday.summary'),
  version: z.literal(summaryVersion),
  scenario: z.string(),
  promise: z.string(),
  covers: z.array(z.string()),
  ...RunVerdictSchema.pick({ outcome: true, invalidReasons: true }).shape,
  run: z.object({
    id: z.string(),
    startedAt: z.string(),
    durationMs: z.number(),
    seed: z.number(),
    pace: z.string(),
    world: z.string(),
    target: z.string(),
    defect: z.string().nullable(),
    command: z.string(),
    interrupted: z.string().nullable(),
    versions: z.record(z.string(), z.string()),
  }),
  objectives: RunVerdictSchema.shape.objectives,
  phases: z.array(PhaseSchema),
  receipts: z.array(ReceiptSchema),
  operations: z.array(OperationTotalsSchema),
  calls: z.array(z.object({ part: z.string(), count: z.number() })),
  deadLetters: z.number().nullable(),
  lateness: RunRecordSchema.shape.lateness,
  notes: z.array(z.string()),
});
type Summary = z.infer<typeof SummarySchema>;

/** The summary as JSON text, two spaces deep, with a newline at its end. Keys come in a fixed order. */
export function renderJson(input: ReportInput): string {
  return `${JSON.stringify(summarize(input), null, 2)}\n`;
}

function summarize({ record, samples, calls }: ReportInput): Summary {
  const { plan, run, verdict } = record;
  return {
    format: 'gameday.summary',
    version: summaryVersion,
    scenario: plan.scenario,
    promise: plan.promise,
    covers: plan.covers,
    outcome: verdict.outcome,
    invalidReasons: verdict.invalidReasons.map(plainText),
    run: {
      id: run.id,
      startedAt: run.startedAt,
      durationMs: plan.durationMs,
      seed: plan.seed,
      pace: plan.pace,
      world: run.world,
      target: run.target,
      defect: run.defect,
      command: plainText(run.command),
      interrupted: run.interrupted,
      versions: run.versions,
    },
    objectives: verdict.objectives.map((objective) => ({
      name: objective.name,
      kind: objective.kind,
      statement: objective.statement,
      outcome: objective.outcome,
      hardInvariant: objective.hardInvariant,
      finding: plainText(objective.finding),
      figures: objective.figures,
      sampleCount: objective.sampleCount,
      counterexamples: objective.counterexamples.map(plainText),
    })),
    phases: plan.phases,
    receipts: record.receipts,
    operations: operationTotals(samples),
    calls: countByPart(calls),
    deadLetters: record.ledger.deadLetters?.length ?? null,
    lateness: record.lateness,
    notes: record.notes.map(plainText),
  };
}

function countByPart(calls: ReportInput['calls']): { part: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call.part, (counts.get(call.part) ?? 0) + 1);
  return [...counts]
    .map(([part, count]) => ({ part, count }))
    .toSorted((left, right) => (left.part < right.part ? -1 : 1));
}
