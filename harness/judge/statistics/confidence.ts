/**
 * How sure a verdict has to be, one-sided: 99 % to fail, 95 % to pass, so that a healthy service is not accused by noise and a short
 * run is not praised by luck. Between the two a verdict is `inconclusive`.
 */
export interface Confidence {
  /** The chance of being wrong, one-sided. */
  readonly alpha: number;
  /** The standard normal quantile of 1 - alpha. */
  readonly z: number;
}

export const toFail: Confidence = { alpha: 0.01, z: 2.3263478740408408 };
export const toPass: Confidence = { alpha: 0.05, z: 1.6448536269514722 };
