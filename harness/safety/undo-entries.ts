import { z } from 'zod';

const Pid = z.number().int().min(2);
/** Epoch milliseconds by `ps`, to the second; null where `ps` could not say. */
const StartedAt = z.number().nullable();

/**
 * One line of an undo journal. `fault` is written before the fault is injected; `heldByPid` is the process in which it lives, and with
 * which it dies. `undone` takes the last fault or process of that name back.
 */
export const UndoEntrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('conductor'), pid: Pid, startedAtMs: StartedAt }),
  z.object({ kind: z.literal('process'), name: z.string(), pid: Pid, startedAtMs: StartedAt }),
  z.object({
    kind: z.literal('fault'),
    name: z.string(),
    heldByPid: Pid,
    heal: z.object({ url: z.string(), method: z.enum(['DELETE', 'POST']) }),
  }),
  z.object({ kind: z.literal('undone'), name: z.string() }),
]);
export type UndoEntry = z.infer<typeof UndoEntrySchema>;
export type ConductorEntry = Extract<UndoEntry, { kind: 'conductor' }>;
export type ProcessEntry = Extract<UndoEntry, { kind: 'process' }>;
export type FaultEntry = Extract<UndoEntry, { kind: 'fault' }>;

/** What an undo journal says still has to be undone. */
export interface OpenEffects {
  /** Null when that line cannot be read: then nobody knows whether the run is still going on. */
  readonly conductor: ConductorEntry | null;
  readonly processes: readonly ProcessEntry[];
  readonly faults: readonly FaultEntry[];
  /** Lines that cannot be read, by number from 1. A torn last line is none: a crash while writing leaves one. */
  readonly unreadable: readonly number[];
}

/** Reads a journal as far as it can be read. */
export function readUndoEntries(text: string): OpenEffects {
  const lines = text.split('\n');
  const unreadable: number[] = [];
  const open = new Map<string, ProcessEntry | FaultEntry>();
  let conductor: ConductorEntry | null = null;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const entry = parseEntry(line);
    if (entry === undefined) {
      if (index < lines.length - 1) unreadable.push(index + 1);
    } else if (entry.kind === 'conductor') conductor = entry;
    else if (entry.kind === 'undone') open.delete(entry.name);
    else open.set(entry.name, entry);
  }
  const effects = [...open.values()];
  return {
    conductor,
    processes: effects.filter((effect) => effect.kind === 'process'),
    faults: effects.filter((effect) => effect.kind === 'fault'),
    unreadable,
  };
}

function parseEntry(line: string): UndoEntry | undefined {
  try {
    return UndoEntrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
