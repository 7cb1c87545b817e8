import type { EngineSettings } from './engine-settings.ts';

/** What one step has to do. */
export interface StepLoad {
  /** New tokens computed: one per decoding sequence, and the prompts' chunks. */
  readonly tokens: number;
  readonly sequences: number;
  /** The sum of the contexts of the decoding sequences. */
  readonly contextTokens: number;
}

/**
 * How long a step takes on an undisturbed GPU, in milliseconds: `(aᵖ + (c·n)ᵖ)^(1/p) + k·C + o + r·B`, with the weight read `a`, the
 * arithmetic `c` for `n` tokens, the cache read `k` for `C` tokens of context and the overheads `o` and `r` for `B` sequences.
 */
export function stepTimeMs(settings: EngineSettings, load: StepLoad): number {
  const p = settings.smoothness;
  const weights = settings.weightReadMs ** p + (settings.perTokenMs * load.tokens) ** p;
  return (
    weights ** (1 / p) +
    settings.perContextTokenMs * load.contextTokens +
    settings.stepOverheadMs +
    settings.perSequenceMs * load.sequences
  );
}
