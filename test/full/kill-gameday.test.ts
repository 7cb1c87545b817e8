import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gameday, root } from '../table/run-gameday.ts';

/** Milliseconds after the start: while children start, while the corpus is stored, in each phase, and with each fault active. */
const moments = [150, 400, 800, 1300, 2000, 3000, 4500, 7000, 38_000, 60_000];
/** A lease lasts 5 s; then the proxy heals and ends. The rest is for a busy machine. */
const leaseAndMoreMs = 9000;

// Two at a time, each in a folder of its own: most of it is waiting for leases.
describe.concurrent('kill -9 of gameday itself', () => {
  it.each(moments)(
    '%i ms after its start leaves no process once the leases are over, and the next run sweeps before it starts and says so',
    async (momentMs) => {
      const folder = mkdtempSync(join(tmpdir(), 'gameday-kill-'));
      const child = spawn(
        process.execPath,
        [join(root, 'harness', 'cli.ts'), 'run', 'source-throttling', '--seed', '7'],
        { cwd: folder, stdio: 'ignore' },
      );
      await pause(momentMs);
      const started = descendantsOf(child.pid ?? 0);
      // Proxy, two parts, store, the target's parent and the target.
      if (momentMs >= 38_000) expect(started).toHaveLength(6);
      child.kill('SIGKILL');
      await pause(leaseAndMoreMs);
      expect(started.filter(isAlive)).toEqual([]);
      const said = await nextRunUntil(folder, /ended without cleaning up|warm-up/);
      // Before the first child there is nothing that could have been left; how long loading takes depends on the machine.
      if (started.length > 0 || momentMs >= 30_000) expect(said).toContain('ended without cleaning up');
      expect((await gameday(['sweep'], { folder })).output).toContain('Nothing was left behind');
      rmSync(folder, { recursive: true, force: true });
    },
    120_000,
  );
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (stopSignal) => {
  it('in the middle of a fault heals and stops everything within a second, keeps the record, and ends with 2', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gameday-sigint-'));
    const child = spawn(
      process.execPath,
      [join(root, 'harness', 'cli.ts'), 'run', 'source-throttling', '--seed', '7'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    const faulted = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('quota-cut:')) resolve();
      });
    });
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await faulted;
    await pause(1000);
    const started = descendantsOf(child.pid ?? 0);
    const atMs = performance.now();
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.kill(stopSignal);
    while (started.some(isAlive)) await pause(10);
    const healedMs = performance.now() - atMs;
    expect(await ended).toBe(2);
    console.log(`${stopSignal} to all healed and stopped: ${healedMs.toFixed(0)} ms`);
    expect(healedMs).toBeLessThan(1000);
    expect(output).toContain(`interrupted by ${stopSignal}`);
    expect((await gameday(['judge', join(folder, '.gameday', 'runs', 'latest')])).code).toBe(2);
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);
});

/** Begins another run in the same folder, interrupts it once it has said what is looked for, and gives all that it said. */
async function nextRunUntil(folder: string, wanted: RegExp): Promise<string> {
  const enough = new AbortController();
  let said = '';
  await gameday(['run', 'source-throttling', '--seed', '7'], {
    folder,
    signal: enough.signal,
    onOutput: (text) => {
      said += text;
      if (wanted.test(said)) enough.abort();
    },
  });
  return said;
}

/** Every process below `pid`, by the parents that ps tells. */
function descendantsOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found)
    for (const [child, of] of rows) if (of === parent && child !== undefined) found.push(child);
  return found.slice(1);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .startsWith('Z');
  } catch {
    return false;
  }
}
