import { z } from 'zod';

/** What a part's process is told to be: the first message that it gets. */
export const PartBeginSchema = z.object({
  name: z.string(),
  protocol: z.enum(['http', 'tcp']),
  /** URL of the module. */
  module: z.string(),
  settings: z.record(z.string(), z.json()),
  corpus: z.object({ module: z.string(), documents: z.number() }),
  seed: z.number(),
});
export type PartBegin = z.infer<typeof PartBeginSchema>;

/** What it answers when it can be used. `adminPort` serves the admin API; for an `http` part it is the same port. */
export const PartReadySchema = z.object({
  kind: z.literal('ready'),
  port: z.number().int().positive(),
  adminPort: z.number().int().positive(),
});
export type PartReady = z.infer<typeof PartReadySchema>;
