import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { describeSweep } from '../../harness/safety/describe-sweep.ts';
import { processState } from '../../harness/safety/process-identity.ts';
import { sweep, type SweptRun } from '../../harness/safety/sweep.ts';
import { openUndoJournal, type UndoJournal } from '../../harness/safety/undo-journal.ts';

const clock = systemClock();
const obedient = 'setInterval(() => {}, 1000); process.send("up")';
const stubborn = `process.on('SIGTERM', () => {}); ${obedient}`;
let stateFolder: string;
let children: ChildProcess[];
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'gameday-sweep-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(stateFolder, { recursive: true, force: true });
});

async function leftOver(script = obedient): Promise<number> {
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  children.push(child);
  await once(child, 'message');
  return child.pid ?? 0;
}

async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** The journal of a run whose conductor does not exist any more. */
async function deadRun(runId = 'dead'): Promise<UndoJournal> {
  return openUndoJournal({ stateFolder, runId, pid: await endedPid() });
}

async function sweepOne(settings: { graceMs?: number } = {}): Promise<SweptRun> {
  const [run, ...others] = await sweep(stateFolder, { clock, ...settings });
  if (!run || others.length > 0) throw new Error('expected one journal');
  return run;
}

const journals = (): readonly string[] => readdirSync(join(stateFolder, 'undo'));

describe('sweep', () => {
  it('finds nothing where there has been no run', async () => {
    expect(await sweep(join(stateFolder, 'nowhere'), { clock })).toEqual([]);
  });

  it('ends what a dead run has left, removes its journal, and says so', async () => {
    const journal = await deadRun();
    const pids = [await leftOver(), await leftOver()];
    await journal.process('crm', pids[0] ?? 0);
    await journal.process('target', pids[1] ?? 0);
    const run = await sweepOne();
    expect(run).toMatchObject({ state: 'swept', journal: 'removed', problems: [] });
    expect(run.processes.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['crm', 'ended'],
      ['target', 'ended'],
    ]);
    for (const pid of pids) expect(await processState(pid)).toEqual({ kind: 'gone' });
    expect(journals()).toEqual([]);
    expect(describeSweep([run]).join('\n')).toContain('process crm');
    expect(await sweep(stateFolder, { clock })).toEqual([]);
  });

  it('kills what does not heed SIGTERM, and what is stopped and cannot', async () => {
    const journal = await deadRun();
    const [deaf, paused] = [await leftOver(stubborn), await leftOver()];
    await journal.process('deaf', deaf);
    await journal.process('paused', paused);
    process.kill(paused, 'SIGSTOP');
    const run = await sweepOne({ graceMs: 100 });
    expect(run.processes.map(({ outcome }) => outcome)).toEqual(['killed', 'killed']);
    expect(await processState(deaf)).toEqual({ kind: 'gone' });
    expect(await processState(paused)).toEqual({ kind: 'gone' });
  });

  it('takes the processes that a left-over process has started with it', async () => {
    const journal = await deadRun();
    const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      setInterval(() => {}, 1000); process.send(c.pid);`;
    const parent = spawn(process.execPath, ['-e', script], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    children.push(parent);
    const [grandchild] = (await once(parent, 'message')) as [number];
    await journal.process('target', parent.pid ?? 0);
    await sweepOne();
    await expect.poll(() => processState(grandchild)).toEqual({ kind: 'gone' });
  });

  it('never touches a run that is still going on', async () => {
    const journal = await openUndoJournal({ stateFolder, runId: 'live' });
    const pid = await leftOver();
    await journal.process('crm', pid);
    expect(await sweepOne()).toMatchObject({ state: 'live', journal: 'left alone', processes: [] });
    expect(await processState(pid)).toMatchObject({ kind: 'running' });
    expect(journals()).toEqual(['live.jsonl']);
    expect(describeSweep(await sweep(stateFolder, { clock }))).toEqual([]);
    await journal.close();
  });

  it('spares a stranger that got an old process id', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    writeFileSync(journal.file, `\n{"kind":"process","name":"crm","pid":${pid},"startedAtMs":1000}`, { flag: 'a' });
    const run = await sweepOne();
    expect(run.processes).toEqual([{ name: 'crm', pid, outcome: 'another' }]);
    expect(run.journal).toBe('removed');
    expect(await processState(pid)).toMatchObject({ kind: 'running' });
  });

  it('takes a run for dead whose conductor id belongs to a stranger now', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    const lines = [
      { kind: 'conductor', pid: process.pid, startedAtMs: 1000 },
      {
        kind: 'process',
        name: 'crm',
        pid,
        startedAtMs: ((await processState(pid)) as { startedAtMs: number }).startedAtMs,
      },
    ];
    writeFileSync(journal.file, lines.map((line) => `\n${JSON.stringify(line)}`).join(''));
    expect(await sweepOne()).toMatchObject({ state: 'swept', processes: [{ outcome: 'ended' }] });
  });

  it('leaves alone and keeps the journal where ps cannot say which process it is', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    await journal.process('crm', pid);
    const states = (pids: readonly number[]) =>
      Promise.resolve(
        new Map(pids.map((id) => [id, id === pid ? ({ kind: 'unknown' } as const) : ({ kind: 'gone' } as const)])),
      );
    const [run] = await sweep(stateFolder, { clock, states });
    expect(run).toMatchObject({ state: 'swept', journal: 'kept', processes: [{ outcome: 'unknown' }] });
    expect(await processState(pid)).toMatchObject({ kind: 'running' });
    expect(describeSweep(run ? [run] : []).join('\n')).toContain('left alone');
  });

  it('keeps even a damaged journal while something of it is still there, so that the next sweep tries again', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    writeFileSync(journal.file, '\n\u0000\u0001 garbage', { flag: 'a' });
    await journal.process('crm', pid);
    const states = (pids: readonly number[]) =>
      Promise.resolve(
        new Map(pids.map((id) => [id, id === pid ? ({ kind: 'unknown' } as const) : ({ kind: 'gone' } as const)])),
      );
    expect(await sweep(stateFolder, { clock, states })).toMatchObject([
      { journal: 'kept', problems: ['Line 3 cannot be read.'] },
    ]);
    expect(await sweepOne()).toMatchObject({ journal: 'set aside', processes: [{ outcome: 'ended' }] });
  });

  it('heals the faults of a process that is still there before it ends it', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/faults/quota`;
    const journal = await deadRun();
    const pid = await leftOver();
    await journal.process('crm', pid);
    await journal.fault({ name: 'crm/quota', heldByPid: pid, heal: { url, method: 'DELETE' } });
    await journal.fault({ name: 'crm/other', heldByPid: pid, heal: { url: 'http://127.0.0.1:1/', method: 'DELETE' } });
    await journal.fault({ name: 'crm/foreign', heldByPid: pid, heal: { url: 'http://example.com/', method: 'POST' } });
    // Its process is gone, and the port may be somebody else's by now.
    await journal.fault({ name: 'old/gone', heldByPid: await endedPid(), heal: { url, method: 'POST' } });
    const run = await sweepOne();
    server.close();
    expect(run.faults.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['crm/quota', 'healed'],
      ['crm/other', 'not healed'],
      ['crm/foreign', 'not healed'],
      ['old/gone', 'ended with its process'],
    ]);
    expect(asked).toEqual(['DELETE /faults/quota']);
  });

  it('sweeps past a torn last line as if it were not there', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    await journal.process('crm', pid);
    writeFileSync(journal.file, '\n{"kind":"fault","name":"cr', { flag: 'a' });
    expect(await sweepOne()).toMatchObject({ journal: 'removed', problems: [], processes: [{ outcome: 'ended' }] });
  });

  it('does what can be read of a damaged journal, and puts it aside for a person to look at', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    writeFileSync(journal.file, '\n\u0000\u0001 garbage', { flag: 'a' });
    await journal.process('crm', pid);
    const run = await sweepOne();
    expect(run).toMatchObject({
      journal: 'set aside',
      processes: [{ outcome: 'ended' }],
      problems: ['Line 3 cannot be read.'],
    });
    expect(journals()).toEqual(['dead.jsonl.unreadable']);
    expect(await sweep(stateFolder, { clock })).toEqual([]);
  });

  it('touches nothing where the journal does not say whose it is', async () => {
    const pid = await leftOver();
    mkdirSync(join(stateFolder, 'undo'));
    const entry = {
      kind: 'process',
      name: 'crm',
      pid,
      startedAtMs: ((await processState(pid)) as { startedAtMs: number }).startedAtMs,
    };
    writeFileSync(join(stateFolder, 'undo', 'x.jsonl'), `garbage\n${JSON.stringify(entry)}\n`);
    const run = await sweepOne();
    expect(run).toMatchObject({ state: 'unreadable', journal: 'set aside', processes: [] });
    expect(await processState(pid)).toMatchObject({ kind: 'running' });
    expect(describeSweep([run]).join('\n')).toContain('set aside');
  });

  it('leaves a journal alone that is just being made, and removes it when nobody has gone on with it', async () => {
    mkdirSync(join(stateFolder, 'undo'));
    const file = join(stateFolder, 'undo', 'new.jsonl');
    writeFileSync(file, '\n{"kind":"cond');
    expect(await sweepOne()).toMatchObject({ state: 'live', journal: 'left alone' });
    utimesSync(file, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000));
    expect(await sweepOne()).toMatchObject({ state: 'swept', journal: 'removed' });
    expect(existsSync(file)).toBe(false);
  });

  it('can be done by two at the same time', async () => {
    const journal = await deadRun();
    const pid = await leftOver();
    await journal.process('crm', pid);
    await Promise.all([sweep(stateFolder, { clock }), sweep(stateFolder, { clock })]);
    expect(journals()).toEqual([]);
    expect(await processState(pid)).toEqual({ kind: 'gone' });
  });
});
