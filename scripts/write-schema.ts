/** Writes the JSON Schema of the record to `docs/record.schema.json`. Run with `npm run schema`; a test says when it is out of date. */
import { writeFileSync } from 'node:fs';
import { recordJsonSchema } from '../harness/record-schema.ts';

writeFileSync(
  new URL('../docs/record.schema.json', import.meta.url),
  `${JSON.stringify(recordJsonSchema(), null, 2)}\n`,
);
