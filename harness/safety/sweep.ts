import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import { compareIdentity, processStates, type ProcessState } from './process-identity.ts';
import { sweepFaults, sweepProcesses, type SweptFault, type SweptProcess } from './sweep-effects.ts';
import { readUndoEntries, type OpenEffects } from './undo-entries.ts';
import { undoFolder } from './undo-journal.ts';

/** What a sweep found of one run, and what it did about it. */
export interface SweptRun {
  readonly runId: string;
  /** `live`: still going on, nothing was touched. `swept`: its conductor is gone. `unreadable`: nobody can tell whose it is, nothing was touched. */
  readonly state: 'live' | 'swept' | 'unreadable';
  readonly faults: readonly SweptFault[];
  readonly processes: readonly SweptProcess[];
  /** `kept` means that something could not be undone and the next sweep tries again. */
  readonly journal: 'left alone' | 'removed' | 'kept' | 'set aside';
  readonly problems: readonly string[];
}

export interface SweepSettings {
  readonly clock: Clock;
  /** How long a left-over process has between SIGTERM and SIGKILL; default 500 ms. */
  readonly graceMs?: number;
  /** Which process each id is now; default: asks `ps`. */
  readonly states?: (pids: readonly number[]) => Promise<ReadonlyMap<number, ProcessState>>;
}

/**
 * Undoes what runs have left behind whose conductor is gone: heals their faults, and ends their processes. A process is touched only when
 * its id and its start time are those of the journal, so runs that are still going on, and strangers that got an old id, are left alone.
 *
 * @param stateFolder the folder with the `undo` folder in it, `.gameday`; one that does not exist has nothing to sweep
 */
export async function sweep(stateFolder: string, settings: SweepSettings): Promise<readonly SweptRun[]> {
  const folder = undoFolder(stateFolder);
  const names = await readdir(folder).catch(() => []);
  const journals = names.filter((name) => name.endsWith('.jsonl')).sort();
  return Promise.all(journals.map((name) => sweepRun(join(folder, name), settings)));
}

async function sweepRun(file: string, settings: SweepSettings): Promise<SweptRun> {
  const runId = basename(file, '.jsonl');
  const untouched = { runId, faults: [], processes: [], journal: 'left alone', problems: [] } as const;
  let effects: OpenEffects;
  try {
    effects = readUndoEntries(await readFile(file, 'utf8'));
  } catch (cause) {
    // Its run has just ended cleanly and removed it.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { ...untouched, state: 'live' };
    return { ...untouched, state: 'unreadable', problems: [messageOf(cause)] };
  }
  if (effects.conductor === null) return sweepWithoutConductor(file, effects, settings, untouched);
  const states = await (settings.states ?? processStates)([
    effects.conductor.pid,
    ...effects.processes.map((process) => process.pid),
  ]);
  const conductor = compareIdentity(effects.conductor.startedAtMs, stateIn(states, effects.conductor.pid));
  // Not being able to tell is no licence to kill.
  if (conductor === 'same' || conductor === 'unknown') return { ...untouched, state: 'live' };
  return undo(file, effects, states, settings);
}

async function undo(
  file: string,
  effects: OpenEffects,
  states: ReadonlyMap<number, ProcessState>,
  settings: SweepSettings,
): Promise<SweptRun> {
  const ours = effects.processes.filter(
    (process) => compareIdentity(process.startedAtMs, stateIn(states, process.pid)) === 'same',
  );
  const faults = await sweepFaults(effects.faults, new Set(ours.map((process) => process.pid)), settings.clock);
  const processes = await sweepProcesses(effects.processes, states, {
    clock: settings.clock,
    graceMs: settings.graceMs ?? 500,
    states: settings.states ?? processStates,
  });
  const done = processes.every(({ outcome }) => outcome !== 'survived' && outcome !== 'unknown');
  const problems = effects.unreadable.map((line) => `Line ${line} cannot be read.`);
  const journal = !done ? 'kept' : problems.length > 0 ? await setAside(file) : await remove(file);
  return { runId: basename(file, '.jsonl'), state: 'swept', faults, processes, journal, problems };
}

/** A run writes its conductor's line before it starts anything, so a journal that has nothing yet is one that is just being made. */
async function sweepWithoutConductor(
  file: string,
  effects: OpenEffects,
  settings: SweepSettings,
  untouched: Pick<SweptRun, 'runId' | 'faults' | 'processes'>,
): Promise<SweptRun> {
  const isEmpty = effects.unreadable.length + effects.processes.length + effects.faults.length === 0;
  const problems = ['It does not say which process conducts the run.'];
  if (!isEmpty) return { ...untouched, state: 'unreadable', journal: await setAside(file), problems };
  const age = await stat(file).then(
    ({ mtimeMs }) => settings.clock.now() - mtimeMs,
    () => 0,
  );
  if (age < 60_000) return { ...untouched, state: 'live', journal: 'left alone', problems: [] };
  return { ...untouched, state: 'swept', journal: await remove(file), problems: [] };
}

function stateIn(states: ReadonlyMap<number, ProcessState>, pid: number): ProcessState {
  return states.get(pid) ?? { kind: 'gone' };
}

/** Another sweep may have been here at the same time: what is gone is fine. */
async function remove(file: string): Promise<'removed'> {
  await rm(file, { force: true });
  return 'removed';
}

async function setAside(file: string): Promise<'set aside'> {
  await rename(file, `${file}.unreadable`).catch(() => undefined);
  return 'set aside';
}
