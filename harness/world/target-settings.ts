import { z } from 'zod';

/** What the process that holds the target is told: the first message that it gets. */
export const TargetBeginSchema = z.object({
  command: z.tuple([z.string()], z.string()),
  folder: z.string(),
  environment: z.record(z.string(), z.string()),
  undoFile: z.string(),
});
export type TargetBegin = z.infer<typeof TargetBeginSchema>;

/** What it says when the target's process runs, which is not yet to say that the target is ready. */
export const TargetStartedSchema = z.object({ kind: z.literal('ready'), pid: z.number().int().min(2) });

/** What it says when the target has ended by itself. */
export const TargetExitedSchema = z.object({ kind: z.literal('exited'), how: z.string() });
