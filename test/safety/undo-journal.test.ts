import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readUndoEntries } from '../../harness/safety/undo-entries.ts';
import { noteProcess, openUndoJournal } from '../../harness/safety/undo-journal.ts';

let stateFolder: string;
let child: ChildProcess;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'gameday-undo-'));
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(stateFolder, { recursive: true, force: true });
});
const pidOf = (): number => child.pid ?? 0;
const heal = { url: 'http://127.0.0.1:1/x', method: 'DELETE' } as const;
const read = (file: string) => readUndoEntries(readFileSync(file, 'utf8'));

describe('openUndoJournal', () => {
  it('has every effect on the disk when the call returns', async () => {
    const journal = await openUndoJournal({ stateFolder, runId: 'run-1' });
    expect(read(journal.file).conductor).toMatchObject({ pid: process.pid });
    await journal.process('crm', pidOf());
    await journal.fault({ name: 'crm/quota', heldByPid: pidOf(), heal });
    expect(read(journal.file)).toMatchObject({
      processes: [{ name: 'crm', pid: pidOf() }],
      faults: [{ name: 'crm/quota', heal }],
      unreadable: [],
    });
    await journal.undone('crm/quota');
    expect(read(journal.file).faults).toEqual([]);
    await journal.close();
  });

  it('is removed at a clean end and kept when something is still open', async () => {
    const clean = await openUndoJournal({ stateFolder, runId: 'clean' });
    await clean.process('crm', pidOf());
    await clean.fault({ name: 'crm/quota', heldByPid: pidOf(), heal });
    await clean.undone('crm'); // the fault was held by it
    await clean.close();
    await clean.close();
    expect(existsSync(clean.file)).toBe(false);

    const unclean = await openUndoJournal({ stateFolder, runId: 'unclean' });
    await unclean.process('crm', pidOf());
    await unclean.close();
    expect(existsSync(unclean.file)).toBe(true);
  });

  it('refuses a second run of the same name', async () => {
    const first = await openUndoJournal({ stateFolder, runId: 'run-1' });
    await expect(openUndoJournal({ stateFolder, runId: 'run-1' })).rejects.toMatchObject({ code: 'disk' });
    await first.close();
  });

  it('takes notes from a second process', async () => {
    const journal = await openUndoJournal({ stateFolder, runId: 'run-1' });
    await noteProcess(journal.file, 'target', pidOf());
    expect(read(journal.file).processes).toMatchObject([{ name: 'target', pid: pidOf() }]);
    await journal.close();
  });

  it('says which file could not be written', async () => {
    await expect(openUndoJournal({ stateFolder: '/dev/null/nowhere', runId: 'x' })).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringContaining('/dev/null/nowhere') as string,
    });
  });
});

describe('readUndoEntries', () => {
  const conductor = JSON.stringify({ kind: 'conductor', pid: 41, startedAtMs: 1000 });
  const crm = JSON.stringify({ kind: 'process', name: 'crm', pid: 42, startedAtMs: 1000 });

  it('reads up to a torn last line and does not call it corrupt', () => {
    for (let length = 1; length < crm.length; length++) {
      const effects = readUndoEntries(`\n${conductor}\n${crm}\n${crm.slice(0, length)}`);
      expect(effects.processes).toHaveLength(1);
      expect(effects.unreadable).toEqual([]);
    }
  });

  it('reads on after an unreadable line and names it', () => {
    const effects = readUndoEntries(`\n${conductor}\n{"kind":"pro\n${crm}`);
    expect(effects).toMatchObject({ conductor: { pid: 41 }, processes: [{ pid: 42 }], unreadable: [3] });
  });

  it.each([0, 1, -1, 1.5])('never reads %d as a process: its signal would go to more than one', (pid) => {
    const line = JSON.stringify({ kind: 'process', name: 'crm', pid, startedAtMs: 1000 });
    expect(readUndoEntries(`\n${conductor}\n${line}\n`)).toMatchObject({ processes: [], unreadable: [3] });
  });
});
