import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import { signalGroup } from './process-group.ts';
import { compareIdentity, type ProcessState } from './process-identity.ts';
import { checkTargetAddress } from './target-address.ts';
import type { FaultEntry, ProcessEntry } from './undo-entries.ts';

export interface SweptFault {
  readonly name: string;
  /** `ended with its process`: what held it is not there any more. */
  readonly outcome: 'healed' | 'ended with its process' | 'not healed';
  readonly detail?: string;
}

export interface SweptProcess {
  readonly name: string;
  readonly pid: number;
  /**
   * `gone`: had ended by itself. `ended`, `killed`: was still there, and went on SIGTERM or SIGKILL. `another`: the id belongs to a
   * stranger now. `unknown`: `ps` cannot say which process it is, so it was left alone. `survived`: it did not go.
   */
  readonly outcome: 'gone' | 'ended' | 'killed' | 'another' | 'unknown' | 'survived';
}

/**
 * Heals the faults of processes that are still there, by `livePids`. A fault whose process is gone went with it; asking its old port could
 * reach somebody else. What cannot be healed this way ends when its process is ended, right after.
 */
export function sweepFaults(
  faults: readonly FaultEntry[],
  livePids: ReadonlySet<number>,
  clock: Clock,
): Promise<readonly SweptFault[]> {
  return Promise.all(
    faults.map(async ({ name, heldByPid, heal }): Promise<SweptFault> => {
      if (!livePids.has(heldByPid)) return { name, outcome: 'ended with its process' };
      try {
        await ask(heal, clock);
        return { name, outcome: 'healed' };
      } catch (cause) {
        return { name, outcome: 'not healed', detail: messageOf(cause) };
      }
    }),
  );
}

async function ask(heal: FaultEntry['heal'], clock: Clock): Promise<void> {
  checkTargetAddress(heal.url, []);
  const giveUp = new AbortController();
  const timer = clock.setTimer(() => giveUp.abort(new Error('no answer after 1 s')), 1000);
  try {
    const response = await fetch(heal.url, { method: heal.method, signal: giveUp.signal });
    // 404: it is healed already.
    if (!response.ok && response.status !== 404) throw new Error(`it answered ${response.status}`);
  } finally {
    timer.cancel();
  }
}

/** Ends the processes, all at the same time, that are the ones that were recorded. */
export async function sweepProcesses(
  processes: readonly ProcessEntry[],
  states: ReadonlyMap<number, ProcessState>,
  settings: {
    clock: Clock;
    graceMs: number;
    states: (pids: readonly number[]) => Promise<ReadonlyMap<number, ProcessState>>;
  },
): Promise<readonly SweptProcess[]> {
  return Promise.all(
    processes.map(async (entry): Promise<SweptProcess> => {
      const { name, pid } = entry;
      const isStillThere = async (): Promise<boolean> =>
        compareIdentity(entry.startedAtMs, (await settings.states([pid])).get(pid) ?? { kind: 'gone' }) === 'same';
      const found = compareIdentity(entry.startedAtMs, states.get(pid) ?? { kind: 'gone' });
      if (found !== 'same') return { name, pid, outcome: found };
      return { name, pid, outcome: await end(pid, isStillThere, settings) };
    }),
  );
}

async function end(
  pid: number,
  isStillThere: () => Promise<boolean>,
  settings: { clock: Clock; graceMs: number },
): Promise<'ended' | 'killed' | 'survived'> {
  signalGroup(pid, 'SIGTERM');
  if (await goesAway(isStillThere, settings)) return 'ended';
  signalGroup(pid, 'SIGKILL');
  return (await goesAway(isStillThere, { ...settings, graceMs: 1000 })) ? 'killed' : 'survived';
}

async function goesAway(
  isStillThere: () => Promise<boolean>,
  settings: { clock: Clock; graceMs: number },
): Promise<boolean> {
  const untilMs = settings.clock.now() + settings.graceMs;
  for (;;) {
    if (!(await isStillThere())) return true;
    if (settings.clock.now() >= untilMs) return false;
    await settings.clock.sleep(25);
  }
}
