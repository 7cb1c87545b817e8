import { z } from 'zod';

const positive = z.number().positive();
const wholeFromOne = z.number().int().min(1);

/**
 * What one engine is made of. The defaults are those of an 8-billion-parameter model in bf16 on one H100 with 80 GB: the step-time
 * model is a fit to Vidur's kernel profiles (github.com/microsoft/vidur), the scheduler's figures are vLLM's.
 */
export const EngineSettingsSchema = z.strictObject({
  /** Time to read all weights once, the floor of a step: weight bytes ÷ (0.75 x memory bandwidth). Milliseconds. */
  weightReadMs: positive.default(6.3),
  /** Arithmetic per new token: 2 x parameters ÷ (0.65 x peak FLOP/s). Milliseconds. The largest uncertainty: 0.022 to 0.036 are published. */
  perTokenMs: positive.default(0.025),
  /** Reading the key-value cache, per token of context of a decoding sequence. Milliseconds. */
  perContextTokenMs: z.number().min(0).default(0.000_056),
  /** Fixed cost of a step: scheduling, sampling, launching kernels. Milliseconds. */
  stepOverheadMs: z.number().min(0).default(1),
  /** Cost of a step per sequence in it. Milliseconds. */
  perSequenceMs: z.number().min(0).default(0.01),
  /** How softly the memory-bound regime turns into the compute-bound one: 1 adds both, infinity takes the larger. */
  smoothness: z.number().min(1).default(1.5),
  /** New tokens in one step at most (`max_num_batched_tokens`). */
  tokenBudget: wholeFromOne.default(2048),
  /** Sequences in one step at most (`max_num_seqs`). */
  maxSequences: wholeFromOne.default(256),
  /** Tokens in one block of the key-value cache. */
  blockTokens: wholeFromOne.default(16),
  /** Blocks of the key-value cache: (0.9 x memory − weights − 5 GB) ÷ (block tokens x bytes per token). */
  kvBlocks: wholeFromOne.default(24_290),
  /** Share of the blocks that an admission has to leave free. */
  watermarkShare: z.number().min(0).max(1).default(0.01),
  /** Requests that may wait; more are refused with 503. Null, the default as in vLLM, is without bound. */
  maxQueuedRequests: z.number().int().min(0).nullable().default(null),
  /** Prompt and answer together at most (`max_model_len`). Tokens. */
  maxModelTokens: wholeFromOne.default(8192),
});
export type EngineSettings = z.infer<typeof EngineSettingsSchema>;

/** Blocks that the cache can give to one sequence at most. */
export function blocksForOne(settings: EngineSettings): number {
  return settings.kvBlocks - Math.floor(settings.kvBlocks * settings.watermarkShare);
}
