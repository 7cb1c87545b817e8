import type { Random } from '../../../../harness/kit/random.ts';

/**
 * The lengths of 19,366 requests to a conversation service, by share of the requests that are not longer. Azure LLM inference trace 2023
 * (CC-BY, github.com/Azure/AzurePublicDataset, AzureLLMInferenceTrace_conv.csv); P. Patel et al., "Splitwise: Efficient generative LLM
 * inference using phase splitting", ISCA 2024. None has more than 16,384 tokens. Means: 1,155 and 211 tokens.
 */
type Quantiles = readonly (readonly [share: number, tokens: number])[];

// prettier-ignore
const promptTokens: Quantiles = [
  [0, 2], [0.01, 29], [0.05, 181], [0.1, 207], [0.2, 387], [0.25, 396], [0.3, 403], [0.4, 703], [0.5, 1020], [0.6, 1071], [0.7, 1130],
  [0.75, 1189], [0.8, 1315], [0.85, 1877], [0.9, 2735], [0.95, 4083], [0.98, 4098], [0.99, 4142], [0.995, 4831], [0.999, 6212], [1, 14_050],
];
// prettier-ignore
const outputTokens: Quantiles = [
  [0, 7], [0.01, 16], [0.05, 41], [0.1, 54], [0.2, 77], [0.25, 85], [0.3, 91], [0.4, 103], [0.5, 129], [0.6, 177], [0.7, 384],
  [0.75, 395], [0.8, 400], [0.85, 411], [0.9, 424], [0.95, 451], [0.98, 540], [0.99, 601], [0.995, 644], [0.999, 954], [1, 1000],
];

export interface RequestTokens {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Draws one request. The two lengths are independent: their rank correlation in the trace is 0.07. */
export function drawRequest(random: Random): RequestTokens {
  return {
    promptTokens: Math.round(quantileOf(promptTokens, random.next())),
    outputTokens: Math.round(quantileOf(outputTokens, random.next())),
  };
}

/** Of what is drawn. */
export const meanTokens = { prompt: meanOf(promptTokens), output: meanOf(outputTokens) };

function meanOf(quantiles: Quantiles): number {
  return quantiles.reduce((sum, [share, tokens], index) => {
    const [fromShare, from] = quantiles[index - 1] ?? [share, tokens];
    return sum + ((share - fromShare) * (from + tokens)) / 2;
  }, 0);
}

/** The length at a share, on the straight line between its neighbours. */
function quantileOf(quantiles: Quantiles, share: number): number {
  const above = quantiles.findIndex(([known]) => known > share);
  const [fromShare, from] = quantiles[above - 1] ?? [0, NaN];
  const [toShare, to] = quantiles[above] ?? [1, NaN];
  return from + ((share - fromShare) / (toShare - fromShare)) * (to - from);
}
