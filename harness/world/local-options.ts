import type { Clock } from '../kit/clock.ts';
import type { UndoJournal } from '../safety/undo-journal.ts';
import type { ChildGroup } from './child-group.ts';
import type { WorldOptions } from './world-options.ts';

export interface LocalWorldOptions extends WorldOptions {
  /** Names the undo journal: no two runs may have the same. */
  readonly runId: string;
  /** What the processes print goes to `<runFolder>/output/<name>.log`. */
  readonly runFolder: string;
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** What every process of the start-up stands on. `signal` aborts when the person gives up or another step has failed. */
export interface Ground {
  readonly options: LocalWorldOptions;
  readonly children: ChildGroup;
  readonly undo: UndoJournal;
  readonly signal: AbortSignal;
}
