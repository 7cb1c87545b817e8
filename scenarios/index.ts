import type { Scenario } from '../harness/index.ts';
import { gpuSaturation } from './gpu-saturation.ts';
import { sourceThrottling } from './source-throttling.ts';

export { gpuSaturation, sourceThrottling };

/** Every scenario of the library. */
export const library: readonly Scenario[] = [sourceThrottling, gpuSaturation];
