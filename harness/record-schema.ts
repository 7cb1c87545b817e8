import { z } from 'zod';
import { CallSchema, SampleSchema } from './observe/observations.ts';
import { RunRecordSchema } from './record.ts';

/** The JSON Schema (2020-12) of a run: `record.json`, and as definitions a line of `samples.jsonl` and of `calls.jsonl`. */
export function recordJsonSchema(): Readonly<Record<string, unknown>> {
  const record = z.toJSONSchema(RunRecordSchema, { io: 'output' });
  return {
    ...record,
    title: 'gameday run record, version 1',
    description:
      'record.json of a run. Lines of samples.jsonl are of $defs/sample, lines of calls.jsonl of $defs/call.',
    $defs: { ...record.$defs, sample: z.toJSONSchema(SampleSchema), call: z.toJSONSchema(CallSchema) },
  };
}
