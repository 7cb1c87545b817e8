import { describe, expect, it } from 'vitest';
import { knee, utilisation, type ModelLoad } from '../fakes/models/capacity.ts';
import { ModelServerSettingsSchema } from '../fakes/models/model-settings.ts';
import { gpuSaturation } from '../scenarios/gpu-saturation.ts';

/** What runs show: prompts of 194 tokens, answers of 32, questions of 12, batch documents of 510. */
const tokens = { promptTokens: 194, outputTokens: 32, questionEmbeddingTokens: 12 };
const documentTokens = 510;
const { engine } = ModelServerSettingsSchema.parse(gpuSaturation.world.parts[0]?.settings);
const [questions, batch] = gpuSaturation.load;
if (questions?.kind !== 'requests' || questions.profile.kind !== 'poisson')
  throw new Error('The first load is not a Poisson stream of questions.');
if (batch?.kind !== 'requests' || batch.profile.kind !== 'flood')
  throw new Error('The second load is not a flood of batches.');
const perBatch = (batch.documentsPerRequest ?? 1) * documentTokens;
const usual: ModelLoad = {
  engine,
  ...tokens,
  questionsPerSecond: questions.profile.ratePerSecond,
  batchTokensPerSecond: batch.profile.ratePerSecond * perBatch,
};
const neighbour = 1 / (1 - 0.6);

describe('the load of gpu-saturation', () => {
  it('lies well below the knee, which is above 100 questions per second', () => {
    expect(knee({ ...usual, batchTokensPerSecond: 0 })).toBeGreaterThan(100);
  });

  it('fits without the batch work while the neighbour is there, with a reserve', () => {
    expect(utilisation({ ...usual, batchTokensPerSecond: 0, stepTimeFactor: neighbour })).toBeLessThanOrEqual(0.85);
  });

  it('is high enough to show a metastable state: 0.7 and more when nothing is wrong', () => {
    expect(utilisation(usual)).toBeGreaterThanOrEqual(0.7);
    expect(utilisation(usual)).toBeLessThan(0.85);
  });

  it('is three times what the neighbour leaves while the flood lasts', () => {
    const flood = {
      ...usual,
      batchTokensPerSecond: (batch.profile.kind === 'flood' ? batch.profile.floodPerSecond : 0) * perBatch,
    };
    expect(utilisation({ ...usual, stepTimeFactor: neighbour })).toBeGreaterThanOrEqual(1.2);
    expect(utilisation({ ...flood, stepTimeFactor: neighbour })).toBeGreaterThanOrEqual(2.9);
  });
});
