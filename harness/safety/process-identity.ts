import { execFile } from 'node:child_process';

/**
 * What is known of a process id. A process id alone says nothing, since the system gives it out again; with the start time it names one
 * process. `gone` includes zombies: nothing of them runs any more. `unknown`: something has this id, but `ps` could not say since when.
 */
export type ProcessState =
  { readonly kind: 'running'; readonly startedAtMs: number } | { readonly kind: 'gone' } | { readonly kind: 'unknown' };

/** `ps` counts in whole seconds from a boot time that it works out anew each time, so one process may seem to move by a second. */
const toleranceMs = 2000;

/** Looks up several processes with one call of `ps`, which Linux and macOS both have; where it is missing, existence is all that is known. */
export async function processStates(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessState>> {
  if (pids.length === 0) return new Map();
  const listed = parseProcessList(await listProcesses(pids));
  return new Map(pids.map((pid) => [pid, listed.get(pid) ?? (exists(pid) ? { kind: 'unknown' } : { kind: 'gone' })]));
}

export async function processState(pid: number): Promise<ProcessState> {
  return (await processStates([pid])).get(pid) ?? { kind: 'gone' };
}

/** Whether what has the process id now is what was recorded. A start time that is not known on either side can never be confirmed. */
export function compareIdentity(
  recordedStartMs: number | null,
  state: ProcessState,
): 'same' | 'another' | 'gone' | 'unknown' {
  if (state.kind === 'gone') return 'gone';
  if (state.kind === 'unknown' || recordedStartMs === null) return 'unknown';
  return Math.abs(state.startedAtMs - recordedStartMs) <= toleranceMs ? 'same' : 'another';
}

/** Reads lines of `ps -o pid= -o stat= -o lstart=` as written in the C locale and UTC: `  812 Ss   Mon Nov 23 20:12:32 2026`. */
export function parseProcessList(output: string): ReadonlyMap<number, ProcessState> {
  const states = new Map<number, ProcessState>();
  for (const line of output.split('\n')) {
    const [, pid, status, started] = /^\s*(\d+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    if (pid === undefined || status === undefined || started === undefined) continue;
    const startedAtMs = Date.parse(`${started} UTC`);
    if (status.startsWith('Z')) states.set(Number(pid), { kind: 'gone' });
    else states.set(Number(pid), Number.isNaN(startedAtMs) ? { kind: 'unknown' } : { kind: 'running', startedAtMs });
  }
  return states;
}

/** One `-o` per column: in the form with commas, POSIX takes everything after the first `=` for a header. */
function listProcesses(pids: readonly number[]): Promise<string> {
  const columns = ['pid=', 'stat=', 'lstart='].flatMap((column) => ['-o', column]);
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  return new Promise((resolve) => {
    // The exit code is 1 when none of them exists, and also when this `ps` knows no such columns: what it printed tells the two apart.
    execFile('ps', [...columns, '-p', pids.join(',')], { env: environment, timeout: 5000 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
