import { z } from 'zod';

/**
 * How one operation ended, seen by its caller. `good` is protocol-complete: status, end marker, no error in the band, not empty.
 * `shed` is a deliberate refusal (429 or 503 with `Retry-After`) inside the deadline. `unknown` is a write whose answer never came.
 * `dropped` is one that the load generator could not send; it stays in the sums as infinitely slow.
 */
export const OutcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('good'), degraded: z.boolean() }),
  z.object({ kind: z.literal('shed'), status: z.number(), retryAfterMs: z.number() }),
  z.object({ kind: z.literal('failed'), code: z.string() }),
  z.object({ kind: z.literal('unknown'), code: z.string() }),
  z.object({ kind: z.literal('dropped'), code: z.string() }),
]);
export type Outcome = z.infer<typeof OutcomeSchema>;

/** What a class of work is: interactive work has a person waiting, batch work can be put off. */
export const WorkClassSchema = z.enum(['interactive', 'batch']);
export type WorkClass = z.infer<typeof WorkClassSchema>;

/** One operation as its caller saw it. Times are milliseconds since the run's origin (the start of the load); null = never happened. */
export const SampleSchema = z.object({
  /** The W3C trace id sent with the operation: 32 hexadecimal digits. */
  id: z.string(),
  /** The name of the operation in the target's config: `ask`, `ingest`. */
  operation: z.string(),
  workClass: WorkClassSchema,
  /** When the plan wanted it sent: latency counts from here. */
  dueMs: z.number(),
  sentMs: z.number().nullable(),
  firstTokenMs: z.number().nullable(),
  doneMs: z.number().nullable(),
  /** The deadline that went with it, as a duration from `dueMs`. After it the caller has given up. */
  deadlineMs: z.number(),
  outcome: OutcomeSchema,
  /** Tokens (stream events with text) received. */
  tokens: z.number(),
  /** Whether the answer had the known fact and a citation of its document; null where nothing is known about the answer. */
  correct: z.boolean().nullable(),
});
export type Sample = z.infer<typeof SampleSchema>;

/** How a part of the world answered one call. `aborted`: the caller hung up first. `unexpected`: a request this part does not know. */
export const CallOutcomeSchema = z.enum([
  'ok',
  'throttled',
  'unavailable',
  'rejected',
  'failed',
  'aborted',
  'unexpected',
]);
export type CallOutcome = z.infer<typeof CallOutcomeSchema>;

/** One call as a part of the world saw it: an entry of its journal. Times as in `Sample` once it is in a record. */
export const CallSchema = z.object({
  part: z.string(),
  /** Counts the calls at this part, from 1. */
  number: z.number(),
  method: z.string(),
  path: z.string(),
  /** The logical operation that this is an attempt of, e.g. `ticket/42/comments`; null for what is none (polls, health checks). */
  operation: z.string().nullable(),
  /** Which of the part's limits it counts against, e.g. `records` or `polls`; absent at a part that has not several. */
  limit: z.string().exactOptional(),
  /** The trace id that the caller sent in `traceparent`; null when it sent none. */
  traceId: z.string().nullable(),
  /** Which attempt at its operation this is within its trace, from 1. */
  attempt: z.number(),
  workClass: WorkClassSchema.nullable(),
  /** When the work that this call belongs to was due at the world's edge; null when that is not known. */
  dueMs: z.number().nullable(),
  receivedMs: z.number(),
  /** Null when it was still open at the end of the run. */
  endedMs: z.number().nullable(),
  status: z.number().nullable(),
  outcome: CallOutcomeSchema,
  /** How long the answer told the caller to wait; null when it said nothing. */
  retryAfterMs: z.number().nullable(),
  /** Tokens processed for this call (prompt and output), where the part counts them. */
  tokens: z.number(),
  /** Which active fault altered this call; null for none. */
  fault: z.string().nullable(),
  /** Free figures of the part, e.g. `{ preemptions: 1 }`. */
  figures: z.record(z.string(), z.number()),
});
export type Call = z.infer<typeof CallSchema>;

/** One time series: a gauge or counter of a part or of the target. */
export const SeriesSchema = z.object({
  /** Who said it: the name of a part, or `target`. */
  source: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  unit: z.string(),
  /** Pairs of [milliseconds since the origin, value], in order. */
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type Series = z.infer<typeof SeriesSchema>;

/** One item in a source or a store: which version of which document. Versions of a document grow. */
export const ItemSchema = z.object({
  id: z.string(),
  version: z.number(),
  /** When it came to be (changed at the source, acknowledged by the target, first seen in the store), since the run's origin; null when not known. */
  atMs: z.number().nullable(),
});
export type Item = z.infer<typeof ItemSchema>;

/** What was promised to be kept, and what was found after the drain. `null` lists could not be read: that is never a pass. */
export const LedgerSchema = z.object({
  /** By source part: every item with its last version. */
  sources: z.record(z.string(), z.array(ItemSchema)),
  /** Every write that the target acknowledged to the load generator. */
  acknowledged: z.array(ItemSchema),
  /** What the target's store holds, one row a stored document: duplicates show as two rows of one id. */
  stored: z.array(ItemSchema).nullable(),
  /** What the target put aside for a person to look at. */
  deadLetters: z.array(ItemSchema.extend({ reason: z.string() })).nullable(),
  /** The backlog (source versions not stored yet) over time: [milliseconds since the origin, count]. */
  backlog: z.array(z.tuple([z.number(), z.number()])),
});
export type Ledger = z.infer<typeof LedgerSchema>;
