import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError, messageOf } from '../kit/errors.ts';
import { processState } from './process-identity.ts';
import type { FaultEntry, UndoEntry } from './undo-entries.ts';

/** The write-ahead journal of one run: what has to be undone if the conductor is not there any more to do it. */
export interface UndoJournal {
  readonly file: string;
  /** Notes a process that has just been started. Nothing is noted of one that is gone already. */
  process(name: string, pid: number): Promise<void>;
  /** Notes a fault. Resolves when the note is on the disk: inject after that, not before. */
  fault(fault: Omit<FaultEntry, 'kind'>): Promise<void>;
  /** Takes back the fault of that name, or the process, and with it every fault that it held. */
  undone(name: string): Promise<void>;
  /** Ends the journal: its file is removed if all has been undone, and kept for the next sweep if not. */
  close(): Promise<void>;
}

/** The folder of the journals of all runs. */
export function undoFolder(stateFolder: string): string {
  return join(stateFolder, 'undo');
}

/** Starts the journal of a run; a second run of the same name is refused. Nothing may be started before it resolves. */
export async function openUndoJournal(settings: {
  stateFolder: string;
  runId: string;
  pid?: number;
}): Promise<UndoJournal> {
  const pid = settings.pid ?? process.pid;
  const folder = undoFolder(settings.stateFolder);
  const file = join(folder, `${settings.runId}.jsonl`);
  const startedAtMs = await startTime(pid);
  const handle = await onDisk(file, async () => {
    await mkdir(folder, { recursive: true });
    const created = await open(file, 'ax');
    try {
      await write(created, { kind: 'conductor', pid, startedAtMs });
    } catch (cause) {
      // As where the disk is full.
      await created.close();
      throw cause;
    }
    return created;
  });
  return journalOn(file, handle);
}

/** Notes a process in the journal of a run from a process other than its conductor. Nothing is noted of one that is gone already. */
export async function noteProcess(file: string, name: string, pid: number): Promise<void> {
  const state = await processState(pid);
  if (state.kind === 'gone') return;
  const startedAtMs = state.kind === 'running' ? state.startedAtMs : null;
  await onDisk(file, async () => {
    await using handle = await open(file, 'a');
    await write(handle, { kind: 'process', name, pid, startedAtMs });
  });
}

function journalOn(file: string, handle: FileHandle): UndoJournal {
  const outstanding = new Map<string, number>();
  const processes = new Set<string>();
  let closing: Promise<void> | undefined;
  return {
    file,
    process: async (name, pid) => {
      const state = await processState(pid);
      if (state.kind === 'gone') return;
      outstanding.set(name, pid);
      processes.add(name);
      const startedAtMs = state.kind === 'running' ? state.startedAtMs : null;
      await onDisk(file, () => write(handle, { kind: 'process', name, pid, startedAtMs }));
    },
    fault: async (fault) => {
      outstanding.set(fault.name, fault.heldByPid);
      await onDisk(file, () => write(handle, { kind: 'fault', ...fault }));
    },
    undone: async (name) => {
      const pid = outstanding.get(name);
      if (!outstanding.delete(name)) return;
      if (processes.delete(name))
        for (const [fault, holder] of outstanding) if (holder === pid) outstanding.delete(fault);
      await onDisk(file, () => write(handle, { kind: 'undone', name }));
    },
    close: () =>
      (closing ??= onDisk(file, async () => {
        await handle.close();
        if (outstanding.size === 0) await rm(file, { force: true });
      })),
  };
}

/** The line break comes first, so that a line after a torn one still stands by itself. One write, since several processes may append. */
async function write(handle: FileHandle, entry: UndoEntry): Promise<void> {
  await handle.appendFile(`\n${JSON.stringify(entry)}`);
  await handle.sync();
}

async function startTime(pid: number): Promise<number | null> {
  const state = await processState(pid);
  return state.kind === 'running' ? state.startedAtMs : null;
}

async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new GamedayError('disk', `The undo journal ${file} could not be written: ${messageOf(cause)}`, {
      hint: 'Nothing is injected without it. Free some space, or give another folder.',
      cause,
    });
  }
}
