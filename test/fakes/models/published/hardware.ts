import { EngineSettingsSchema, type EngineSettings } from '../../../../fakes/models/engine-settings.ts';

/** A GPU by its data sheet, and the share of its peak arithmetic that Vidur's kernel profiles reach on it. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number;
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
  readonly reachedShare: number;
}

/** A dense model in 16-bit weights. */
export interface Model {
  readonly name: string;
  readonly parameters: number;
  /** Keys and values of one token, over all layers. */
  readonly cacheBytesPerToken: number;
}

const ampere = { flopsPerSecond: 312e12, reachedShare: 0.75 };
const hopper = { flopsPerSecond: 989e12, reachedShare: 0.65 };

export const a100: Gpu = { name: 'A100-80', memoryBytes: 80e9, bytesPerSecond: 2.039e12, ...ampere };
export const smallA100: Gpu = { name: 'A100-40', memoryBytes: 40e9, bytesPerSecond: 1.555e12, ...ampere };
export const h100: Gpu = { name: 'H100-80', memoryBytes: 80e9, bytesPerSecond: 3.35e12, ...hopper };
export const h200: Gpu = { name: 'H200-141', memoryBytes: 141e9, bytesPerSecond: 4.8e12, ...hopper };

export const llama3Small: Model = { name: 'Llama-3-8B', parameters: 8.03e9, cacheBytesPerToken: 131_072 };
export const llama3Large: Model = { name: 'Llama-3-70B', parameters: 70.6e9, cacheBytesPerToken: 327_680 };
export const llama2Small: Model = { name: 'Llama-2-7B', parameters: 6.74e9, cacheBytesPerToken: 524_288 };
export const llama2Large: Model = { name: 'Llama-2-70B', parameters: 69e9, cacheBytesPerToken: 327_680 };

/** Of the memory's bandwidth: what reading weights reaches, and what reading the cache reaches. */
const weightsReach = 0.75;
const cacheReach = 0.7;
/** Of the memory, what vLLM may use (`gpu_memory_utilization`), and what activations take of that. */
const usableShare = 0.9;
const activationBytes = 5e9;
const bytesPerParameter = 2;

/**
 * What a model on so many GPUs is as settings of the engine, by the formulas that stand beside them in `EngineSettingsSchema`: from data
 * sheets and the shares of them that kernels reach, none of it fitted to what serving is compared with.
 */
export function settingsOf(
  setUp: { readonly gpu: Gpu; readonly model: Model; readonly gpus?: number },
  others: Partial<EngineSettings> = {},
): EngineSettings {
  const { gpu, model, gpus = 1 } = setUp;
  const weightBytes = model.parameters * bytesPerParameter;
  const cacheBytes = gpus * (usableShare * gpu.memoryBytes - activationBytes) - weightBytes;
  const blockTokens = 16;
  return EngineSettingsSchema.parse({
    weightReadMs: (1000 * weightBytes) / gpus / (weightsReach * gpu.bytesPerSecond),
    perTokenMs: (1000 * 2 * model.parameters) / gpus / (gpu.reachedShare * gpu.flopsPerSecond),
    perContextTokenMs: (1000 * model.cacheBytesPerToken) / gpus / (cacheReach * gpu.bytesPerSecond),
    blockTokens,
    kvBlocks: Math.floor(cacheBytes / (blockTokens * model.cacheBytesPerToken)),
    maxModelTokens: 16_384,
    ...others,
  });
}
