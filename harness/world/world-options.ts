import type { TargetConfig } from './target.ts';
import type { CorpusSpec, PartSpec } from './types.ts';

/** What a world is to be, wherever it runs. */
export interface WorldOptions {
  readonly parts: readonly PartSpec[];
  readonly corpus: CorpusSpec;
  readonly seed: number;
  readonly target: TargetConfig;
  /** The id of the defect that the target is to have; null for none. */
  readonly defect: string | null;
  /** Where the target sends its telemetry; null: it is not told of any place. */
  readonly otlpUrl: string | null;
  /** How long faults stay when nobody renews them any more. Milliseconds. */
  readonly leaseMs: number;
  /** Aborting it ends the start-up; what has started by then is stopped. */
  readonly signal: AbortSignal;
  readonly onProgress?: (line: string) => void;
}
