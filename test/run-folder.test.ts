import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redactText } from '../harness/redact.ts';
import {
  createRunFolder,
  pruneRuns,
  readRun,
  redactAbandoned,
  redactOutput,
  writeWhole,
} from '../harness/run-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the folder of a run', () => {
  it('is another one for a second run of the same scenario in the same second', async () => {
    const first = await createRunFolder(folder, 'x', 0);
    const second = await createRunFolder(folder, 'x', 0);
    expect([first.id, second.id]).toEqual(['1970-01-01T00-00-00-x', '1970-01-01T00-00-00-x-2']);
    expect((await readdir(first.folder)).sort()).toEqual(['conductor.json', 'output']);
    expect((await readdir(folder)).sort()).toEqual([first.id, second.id]);
  });

  it('is refused with a clear message where it cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(createRunFolder(join(folder, 'file'), 'x', 0)).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringContaining('Failed to make a folder for the run') as string,
    });
  });

  it('is removed when twenty newer ones are there; what gameday did not make is left alone', async () => {
    for (let day = 10; day < 32; day++) {
      await mkdir(join(folder, `2026-01-${day}`));
      if (day !== 11) await writeFile(join(folder, `2026-01-${day}`, 'record.json'), '{}');
    }
    expect(await pruneRuns(folder, 20)).toEqual(['2026-01-10']);
    expect(await readdir(folder)).toContain('2026-01-11');
  });

  it('counts and is removed like any other when its run was killed before it was stored', async () => {
    const { id } = await createRunFolder(folder, 'killed', 0);
    await ownedBy(join(folder, id), await endedProcess());
    for (const day of [10, 11]) {
      await mkdir(join(folder, `2026-01-${day}`));
      await writeFile(join(folder, `2026-01-${day}`, 'record.json'), '{}');
    }
    expect(await pruneRuns(folder, 3)).toEqual([]);
    expect(await pruneRuns(folder, 2)).toEqual([id]);
    expect(await pruneRuns(folder, 0)).toEqual(['2026-01-10', '2026-01-11']);
  });

  it('loses the credentials in its output when its run was killed, and keeps them while the run goes on', async () => {
    const [killed, live] = [await createRunFolder(folder, 'killed', 0), await createRunFolder(folder, 'live', 0)];
    await ownedBy(killed.folder, await endedProcess());
    for (const run of [killed, live])
      await writeFile(join(run.folder, 'output', 'target.log'), 'Bearer abcdef0123456789');
    await redactAbandoned(folder);
    expect(await readFile(join(killed.folder, 'output', 'target.log'), 'utf8')).not.toContain('abcdef');
    expect(await readFile(join(live.folder, 'output', 'target.log'), 'utf8')).toContain('abcdef');
  });

  it('is redacted file by file: what cannot be read does not keep the others from it', async () => {
    const { folder: run } = await createRunFolder(folder, 'odd', 0);
    await mkdir(join(run, 'output', 'a-folder'));
    await writeFile(join(run, 'output', 'target.log'), 'Bearer abcdef0123456789');
    await redactOutput(run);
    expect(await readFile(join(run, 'output', 'target.log'), 'utf8')).not.toContain('abcdef');
  });

  it('stays while its run is going on, however old it is, and goes when the process id is that of a stranger', async () => {
    const { id } = await createRunFolder(folder, 'live', 0);
    expect(await pruneRuns(folder, 0)).toEqual([]);
    expect(await readdir(folder)).toEqual([id]);
    await ownedBy(join(folder, id), { pid: process.pid, startedAtMs: 0 });
    expect(await pruneRuns(folder, 0)).toEqual([id]);
  });

  it('is removed also when its process was killed while making it', async () => {
    await mkdir(join(folder, '.new-abc'));
    await ownedBy(join(folder, '.new-abc'), await endedProcess());
    expect(await pruneRuns(folder, 20)).toEqual(['.new-abc']);
  });

  it('has no half-written file after a write that failed', async () => {
    await mkdir(join(folder, 'record.json'));
    await expect(writeWhole(join(folder, 'record.json'), 'text')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['record.json']);
  });
});

async function ownedBy(run: string, owner: { pid: number; startedAtMs: number }): Promise<void> {
  await writeFile(join(run, 'conductor.json'), JSON.stringify(owner));
}

/** A process id that was real and is free again. */
async function endedProcess(): Promise<{ pid: number; startedAtMs: number }> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  if (child.pid === undefined) throw new Error('The process did not start.');
  return { pid: child.pid, startedAtMs: 1_700_000_000_000 };
}

describe('a stored run that cannot be read', () => {
  it('is named with what is wrong: missing, not JSON, foreign, of another version, corrupt', async () => {
    await expect(readRun(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'bad-record',
      hint: expect.stringContaining('latest') as string,
    });
    const problemsOf = async (text: string): Promise<readonly string[]> => {
      await writeFile(join(folder, 'record.json'), text);
      return readRun(folder).then(
        () => [],
        (cause: unknown) => (cause as { problems: string[] }).problems,
      );
    };
    expect(await problemsOf('{"version": 1')).toEqual([expect.stringContaining('It is not JSON')]);
    expect(await problemsOf('{"name": "something else"}')).toEqual([expect.stringContaining('no version')]);
    expect(await problemsOf('{"version": 99}')).toEqual(['It has version 99; this gameday reads version 1.']);
    expect(await problemsOf('{"version": 1, "run": 7}')).toContainEqual(expect.stringContaining('run:'));
  });
});

describe('what is stored', () => {
  it('has no credentials and no prompts in it', async () => {
    await mkdir(join(folder, 'output'));
    const said =
      'Authorization: Bearer abc123def456\nkey sk-live-1234567890abcdef\npostgres://user:hunter2@db/x\n{"messages":[{"role":"user","content":"my private question"}]}\nAPI_KEY=topsecretvalue\n';
    await writeFile(join(folder, 'output', 'target.log'), said);
    await redactOutput(folder);
    const stored = await readFile(join(folder, 'output', 'target.log'), 'utf8');
    for (const secret of ['abc123def456', '1234567890abcdef', 'hunter2', 'my private question', 'topsecretvalue'])
      expect(stored).not.toContain(secret);
    expect(stored).toContain('postgres://user:[redacted]@db/x');
  });

  it('keeps what is neither', () => {
    const line = '12:00 listening on http://127.0.0.1:8080, 3 tokens in 5 ms';
    expect(redactText(line)).toBe(line);
  });
});
