import type { Clock } from '../kit/clock.ts';
import type { UndoJournal } from '../safety/undo-journal.ts';
import type { ChildGroup } from './child-group.ts';
import type { TargetConfig } from './target.ts';
import type { CorpusSpec, PartSpec } from './types.ts';

export interface LocalWorldOptions {
  readonly parts: readonly PartSpec[];
  readonly corpus: CorpusSpec;
  readonly seed: number;
  readonly target: TargetConfig;
  /** The id of the defect that the target is to have; null for none. */
  readonly defect: string | null;
  /** Names the undo journal: no two runs may have the same. */
  readonly runId: string;
  /** What the processes print goes to `<runFolder>/output/<name>.log`. */
  readonly runFolder: string;
  readonly stateFolder: string;
  /** Where the target sends its telemetry; null: it is not told of any place. */
  readonly otlpUrl: string | null;
  /** How long faults stay when nobody renews them any more. Milliseconds. */
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Aborting it ends the start-up; what has started by then is stopped. */
  readonly signal: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

/** What every step of the start-up stands on. `signal` aborts when the person gives up or another step has failed. */
export interface Ground {
  readonly options: LocalWorldOptions;
  readonly children: ChildGroup;
  readonly undo: UndoJournal;
  readonly signal: AbortSignal;
}
