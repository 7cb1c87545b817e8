import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../harness/kit/clock.ts';
import { openUndoJournal } from '../../../harness/safety/undo-journal.ts';
import { createChildGroup, type ChildGroup } from '../../../harness/world/child-group.ts';

export interface Bench {
  readonly folder: string;
  readonly children: ChildGroup;
  readonly undoFile: string;
  close(): Promise<void>;
}

/** A folder, an undo journal and a group of processes, as a world has them. Closing it fails when something was left. */
export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  const undo = await openUndoJournal({ stateFolder: folder, runId: 'bench' });
  const children = createChildGroup(systemClock(), undo);
  return {
    folder,
    children,
    undoFile: undo.file,
    close: async () => {
      await children.stop();
      await undo.close();
      const isLeft = existsSync(undo.file);
      rmSync(folder, { recursive: true, force: true });
      if (isLeft) throw new Error('The undo journal still had something open.');
    },
  };
}
