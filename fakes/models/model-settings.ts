import { z } from 'zod';
import { GamedayError } from '../../harness/kit/errors.ts';
import { EngineSettingsSchema } from './engine-settings.ts';

/** What a model server is made of; every setting has a default. */
export const ModelServerSettingsSchema = z.strictObject({
  engine: EngineSettingsSchema.prefault({}),
  /** Numbers in one embedding. */
  embeddingDimensions: z.number().int().min(8).max(4096).default(96),
  /** Tokens of one answer, unless the request wants fewer. */
  answerTokens: z.number().int().min(1).default(32),
  /** What `/v1/models` lists and `/metrics` is labelled with (the first). A request may name any model. */
  models: z.array(z.string()).min(1).default(['gameday-8b', 'gameday-embedding']),
  /** Memory of the GPU, in MiB, as DCGM sees it. */
  gpuMemoryMiB: z.number().positive().default(81_559),
});
export type ModelServerSettings = z.infer<typeof ModelServerSettingsSchema>;
/** The same with everything optional, as a scenario writes it. */
export type ModelServerOptions = z.input<typeof ModelServerSettingsSchema>;

/** Throws a `bad-config` error that lists every mistake. */
export function parseModelServerSettings(part: string, settings: unknown): ModelServerSettings {
  const parsed = ModelServerSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${part}: ${issue.path.join('.') || 'settings'}: ${issue.message}`,
  );
  throw new GamedayError('bad-config', `The settings of the model server "${part}" have mistakes.`, { problems });
}
