import {
  a100,
  h100,
  h200,
  llama2Large,
  llama2Small,
  llama3Large,
  llama3Small,
  type Gpu,
  type Model,
} from './hardware.ts';

/**
 * Kernels that Vidur's authors measured (github.com/microsoft/vidur, revision 7d47513, A. Agrawal et al., MLSys 2024): the sum of the
 * linear layers, medians, without all-reduce, LM head and attention.
 */
export interface KernelFigures {
  readonly gpu: Gpu;
  readonly model: Model;
  readonly gpus: number;
  /** A step of up to 32 tokens. */
  readonly floorMs: number;
  /** What each token adds when there are many. */
  readonly perTokenMs: number;
  /** Where both are the same. */
  readonly kneeTokens: number;
}

export const kernels: readonly KernelFigures[] = [
  { gpu: a100, model: llama3Small, gpus: 1, floorMs: 10.2, perTokenMs: 0.067, kneeTokens: 151 },
  { gpu: h100, model: llama2Small, gpus: 1, floorMs: 5.7, perTokenMs: 0.0215, kneeTokens: 264 },
  { gpu: a100, model: llama3Large, gpus: 4, floorMs: 25.8, perTokenMs: 0.161, kneeTokens: 159 },
  { gpu: a100, model: llama3Large, gpus: 8, floorMs: 14.7, perTokenMs: 0.088, kneeTokens: 166 },
  { gpu: h100, model: llama2Large, gpus: 4, floorMs: 15.0, perTokenMs: 0.057, kneeTokens: 261 },
  { gpu: h100, model: llama2Large, gpus: 8, floorMs: 8.7, perTokenMs: 0.032, kneeTokens: 271 },
];

/** Settings that were worked out by the formulas from data sheets, rounded, before there was an engine. */
export interface RecommendedFigures {
  readonly gpu: Gpu;
  readonly model: Model;
  readonly gpus: number;
  readonly weightReadMs: number;
  readonly perTokenMs: number;
  readonly perContextTokenMs: number;
  /** What fits into the cache. Tokens. */
  readonly cacheTokens: number;
}

const oneSmall = { model: llama3Small, gpus: 1 };
const fourLarge = { model: llama3Large, gpus: 4 };
export const recommended: readonly RecommendedFigures[] = [
  { gpu: a100, ...oneSmall, weightReadMs: 10.5, perTokenMs: 0.067, perContextTokenMs: 92e-6, cacheTokens: 389_000 },
  { gpu: h100, ...oneSmall, weightReadMs: 6.3, perTokenMs: 0.025, perContextTokenMs: 56e-6, cacheTokens: 389_000 },
  { gpu: h200, ...oneSmall, weightReadMs: 4.5, perTokenMs: 0.025, perContextTokenMs: 39e-6, cacheTokens: 807_000 },
  { gpu: a100, ...fourLarge, weightReadMs: 23, perTokenMs: 0.151, perContextTokenMs: 57e-6, cacheTokens: 387_000 },
  { gpu: h100, ...fourLarge, weightReadMs: 14, perTokenMs: 0.055, perContextTokenMs: 35e-6, cacheTokens: 387_000 },
  { gpu: h200, ...fourLarge, weightReadMs: 9.8, perTokenMs: 0.055, perContextTokenMs: 24e-6, cacheTokens: 1_057_000 },
];

/** An 8-billion-parameter model under the conversation trace, 240 s of it per rate. */
export interface ConversationFigures {
  readonly gpu: Gpu;
  /** The longest step, in new tokens. */
  readonly tokenBudget: number;
  /** Requests per second that it gets done at most. */
  readonly saturationPerSecond: number;
  /** The 99th percentile of the time to the first token, by share of the saturation. Seconds, as published: to one digit. */
  readonly firstTokenSeconds: readonly (readonly [share: number, seconds: number])[];
  /** At 1.05 of the saturation it is above this. Seconds. */
  readonly beyondSeconds: number;
  /** The median time per output token, long before saturation and at it. */
  readonly unsaturatedTokenMs: number;
  readonly saturatedTokenMs: number;
}

export const conversations: readonly ConversationFigures[] = [
  {
    ...{ gpu: a100, tokenBudget: 512, saturationPerSecond: 7.4, beyondSeconds: 18 },
    ...{ unsaturatedTokenMs: 19, saturatedTokenMs: 50 },
    firstTokenSeconds: [
      [0.5, 0.6],
      [0.8, 1.2],
      [0.95, 3.4],
    ],
  },
  {
    ...{ gpu: h100, tokenBudget: 2048, saturationPerSecond: 18.3, beyondSeconds: 15 },
    ...{ unsaturatedTokenMs: 11, saturatedTokenMs: 63 },
    firstTokenSeconds: [
      [0.5, 0.2],
      [0.8, 0.4],
      [0.95, 0.8],
    ],
  },
  {
    ...{ gpu: h200, tokenBudget: 2048, saturationPerSecond: 20.2, beyondSeconds: 14 },
    ...{ unsaturatedTokenMs: 11, saturatedTokenMs: 58 },
    firstTokenSeconds: [
      [0.5, 0.25],
      [0.8, 0.4],
      [0.95, 0.8],
    ],
  },
];
