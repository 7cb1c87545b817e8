import { z } from 'zod';

/** What a Qdrant can be told about itself. */
export const QdrantSettings = z.strictObject({
  /** How long it works on a call. Milliseconds. */
  latencyMs: z.number().nonnegative().default(1),
});
export type QdrantSettings = z.infer<typeof QdrantSettings>;
