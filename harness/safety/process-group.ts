import type { Clock } from '../kit/clock.ts';

/** Sends a signal to a whole process group. False when nothing is left of it. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  // 0 and -1 would mean "our own group" and "everything we may reach".
  if (!Number.isInteger(leaderPid) || leaderPid < 2) throw new RangeError(`${leaderPid} cannot lead a process group.`);
  try {
    process.kill(-leaderPid, signal);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    // macOS says EPERM of a group in which only zombies are left.
    if (code === 'EPERM') return false;
    throw cause;
  }
}

/** Ends a process group: SIGTERM, then SIGKILL to what is left after `graceMs`. Resolves as soon as nothing is left, or after the SIGKILL. */
export async function endGroup(leaderPid: number, settings: { clock: Clock; graceMs: number }): Promise<void> {
  const { clock, graceMs } = settings;
  if (!signalGroup(leaderPid, 'SIGTERM')) return;
  const untilMs = clock.now() + graceMs;
  while (clock.now() < untilMs) {
    await clock.sleep(10);
    if (!signalGroup(leaderPid, 0)) return;
  }
  signalGroup(leaderPid, 'SIGKILL');
}
