/** The time constant of the utilisation gauge: DCGM samples about once a second. */
const windowMs = 1000;

/** How busy the GPU was of late: a moving average of "a step is under way", from 0 to 1, that costs nothing to keep. */
export class GpuLoad {
  #share = 0;
  #atMs: number;
  #busy = false;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** From `atMs` on, the GPU is busy or idle. */
  set(busy: boolean, atMs: number): void {
    this.#share = this.at(atMs);
    this.#atMs = Math.max(this.#atMs, atMs);
    this.#busy = busy;
  }

  at(nowMs: number): number {
    const decay = Math.exp(-Math.max(0, nowMs - this.#atMs) / windowMs);
    return this.#busy ? 1 - (1 - this.#share) * decay : this.#share * decay;
  }
}
