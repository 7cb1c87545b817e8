import { z } from 'zod';
import { GamedayError } from '../../../harness/kit/errors.ts';

/** What a CRM can be told about itself. */
export const CrmSettings = z.strictObject({
  /** Records (tickets' comments) per second that it lets through. */
  quotaPerSecond: z.number().positive(),
  /** Changes per second once the load has begun; 0 = none. */
  changesPerSecond: z.number().nonnegative(),
  /** Calls that it works on at the same time; one more is answered 429. */
  concurrency: z.int().positive().default(8),
  /** How long it works on a call. Milliseconds. */
  latencyMs: z.number().nonnegative().default(15),
  /** Pages of the incremental export per second: a limit of its own, as with Zendesk. */
  pollsPerSecond: z.number().positive().default(5),
});
export type CrmSettings = z.infer<typeof CrmSettings>;

/** Throws a `bad-config` error that lists every mistake. */
export function parseCrmSettings(settings: unknown): CrmSettings {
  const parsed = CrmSettings.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `crm: ${issue.path.join('.') || 'settings'}: ${issue.message}`);
  throw new GamedayError('bad-config', 'The settings of the CRM have mistakes.', { problems });
}
