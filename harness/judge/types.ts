import type { z } from 'zod';
import type { JsonObject } from '../kit/json.ts';
import type { Call, Sample } from '../observe/observations.ts';
import type { ObjectiveVerdict, RunRecord } from '../record.ts';

/** An objective as a scenario writes it down: plain data. */
export interface ObjectiveSpec {
  /** Unique in its scenario, kebab-case; the name of its JUnit case. */
  readonly name: string;
  /** Which judge decides it: the name of a file in this folder, in camel case. */
  readonly kind: string;
  /** What it asks, as a sentence. */
  readonly statement: string;
  readonly settings: JsonObject;
}

/** Everything that a judge may know: the record without a verdict, and its logs. */
export interface Evidence {
  readonly record: Omit<RunRecord, 'verdict'>;
  readonly samples: readonly Sample[];
  readonly calls: readonly Call[];
}

/** One kind of objective: one file, one export, one line in `judge/index.ts`. Pure: the same evidence gives the same verdict. */
export interface ObjectiveJudge {
  readonly kind: string;
  /** What `settings` may hold; checked before anything starts. */
  readonly settings: z.ZodType;
  /** Never throws for lack of data: too little of it is `inconclusive`, with what was there and what was needed. */
  judge(spec: ObjectiveSpec, evidence: Evidence): ObjectiveVerdict;
}
