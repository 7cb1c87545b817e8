import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { describeSweep } from '../../harness/safety/describe-sweep.ts';
import { processStates } from '../../harness/safety/process-identity.ts';
import { sweep } from '../../harness/safety/sweep.ts';
import { readUndoEntries, type OpenEffects } from '../../harness/safety/undo-entries.ts';
import { temporaryFolder } from '../world/support/test-world.ts';

const clock = systemClock();
const conductorScript = fileURLToPath(new URL('../world/support/conductor.ts', import.meta.url));
/** The proxy outlives its conductor by 5 s at most; a second on top of it for everything to be gone. */
const goneWithinMs = 6000;

let folder: ReturnType<typeof temporaryFolder>;
let seen: number[];
beforeEach(() => {
  folder = temporaryFolder();
  seen = [];
});
afterEach(async () => {
  for (const pid of await living(seen)) process.kill(pid, 'SIGKILL');
  folder.remove();
});

interface Conductor {
  readonly runId: string;
  readonly process: ChildProcess;
  /** Waits until it says this. */
  said(line: string): Promise<void>;
}

function conduct(runId = 'run-1'): Conductor {
  const child = spawn(process.execPath, [conductorScript, folder.path, runId], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const lines: unknown[] = [];
  child.on('message', (line) => lines.push(line));
  const said = async (line: string): Promise<void> => {
    while (!lines.includes(line)) await once(child, 'message');
  };
  return { runId, process: child, said };
}

/** Kills it where it stands, and returns every process that it had started by then. */
async function kill(conductor: Conductor): Promise<readonly number[]> {
  const pid = conductor.process.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  const pids = descendantsOf(pid);
  const ended = once(conductor.process, 'exit');
  process.kill(pid, 'SIGKILL');
  await ended;
  const started = [...new Set([...pids, ...journalOf(conductor.runId).processes.map((entry) => entry.pid)])];
  seen.push(...started);
  return started;
}

function descendantsOf(pid: number): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...below(child)] : []));
  return below(pid);
}

function journalOf(runId: string): OpenEffects {
  const file = join(folder.path, 'undo', `${runId}.jsonl`);
  return readUndoEntries(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

async function living(pids: readonly number[]): Promise<readonly number[]> {
  const states = await processStates(pids);
  return pids.filter((pid) => states.get(pid)?.kind !== 'gone');
}

async function allGone(conductor: Conductor, withinMs: number): Promise<number> {
  const fromMs = clock.now();
  await expect
    .poll(() => living([...seen, ...journalOf(conductor.runId).processes.map(({ pid }) => pid)]), {
      timeout: withinMs,
      interval: 50,
    })
    .toEqual([]);
  return clock.now() - fromMs;
}

describe('a conductor that is killed with kill -9', () => {
  it.each([
    { point: 'before it has started anything', line: 'begun', afterMs: 0 },
    { point: 'while it starts its first processes', line: 'begun', afterMs: 60 },
    { point: 'while they load', line: 'begun', afterMs: 200 },
    { point: 'when the proxy is ready', line: 'the fault proxy is ready', afterMs: 0 },
    { point: 'when the last part is ready', line: 'store is ready', afterMs: 0 },
    { point: 'while the target starts', line: 'store is ready', afterMs: 150 },
    { point: 'when all is up', line: 'up', afterMs: 0 },
    { point: 'with a fault in a part', line: 'part fault', afterMs: 0 },
    { point: 'with faults in a part and a link', line: 'link fault', afterMs: 500 },
    { point: 'while it stops', line: 'stopping', afterMs: 10 },
  ])('leaves nothing behind: $point', async ({ line, afterMs }) => {
    const conductor = conduct();
    await conductor.said(line);
    await clock.sleep(afterMs);
    await kill(conductor);
    await allGone(conductor, goneWithinMs);
    const runs = await sweep(folder.path, { clock });
    for (const run of runs) {
      expect(run.state).toBe('swept');
      expect(run.processes.filter(({ outcome }) => outcome !== 'gone')).toEqual([]);
      expect(run.faults.filter(({ outcome }) => outcome !== 'ended with its process')).toEqual([]);
    }
    expect(folder.undoJournals()).toEqual([]);
  });

  it('has its processes ended at once by the sweep of the next run, which says so and spares a run that is going on', async () => {
    const [dead, live] = [conduct('dead'), conduct('live')];
    await Promise.all([dead.said('up'), live.said('up')]);
    await dead.said('link fault');
    const left = await kill(dead);
    expect(left.length).toBeGreaterThanOrEqual(5);
    const others = journalOf('live').processes.map(({ pid }) => pid);
    const runs = await sweep(folder.path, { clock });
    expect(await living(left)).toEqual([]);
    expect((await living(others)).length).toBe(others.length);
    expect(runs.map(({ runId, state }) => [runId, state])).toEqual([
      ['dead', 'swept'],
      ['live', 'live'],
    ]);
    expect(describeSweep(runs)[0]).toContain('The run dead ended without cleaning up');
    await live.said('stopped');
    await kill(live);
    expect(folder.undoJournals()).toEqual([]);
  });

  it('is cleaned up after by a sweep even where processes were stopped and could not end by themselves', async () => {
    const conductor = conduct();
    await conductor.said('up');
    const frozen = journalOf('run-1').processes.filter(({ name }) => name !== 'fault-proxy');
    for (const { pid } of frozen) process.kill(pid, 'SIGSTOP');
    await kill(conductor);
    await clock.sleep(300);
    expect(await living(frozen.map(({ pid }) => pid))).toHaveLength(frozen.length);
    const [run] = await sweep(folder.path, { clock, graceMs: 100 });
    const outcomes = run?.processes.filter(({ name }) => name !== 'fault-proxy').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(frozen.map(() => 'killed'));
    await allGone(conductor, 1000);
  });
});
