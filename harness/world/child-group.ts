import type { Clock } from '../kit/clock.ts';
import type { Stoppable } from '../kit/lifecycle.ts';
import type { UndoJournal } from '../safety/undo-journal.ts';
import { spawnChild, type ChildSettings, type StartedChild } from './child.ts';

/** All processes of one world. They are stopped at the same time, so that the slowest decides how long it takes, not the sum. */
export interface ChildGroup extends Stoppable {
  spawn(settings: Omit<ChildSettings, 'clock' | 'undo'>): Promise<StartedChild>;
  all(): readonly StartedChild[];
}

export function createChildGroup(clock: Clock, undo: UndoJournal): ChildGroup {
  const children: StartedChild[] = [];
  const starting = new Set<Promise<StartedChild>>();
  let stopping: Promise<void> | undefined;

  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(starting);
    const results = await Promise.allSettled(children.map((child) => child.stop()));
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join(' '));
  };

  return {
    spawn: async (settings) => {
      if (stopping) throw new Error(`The world is being stopped; ${settings.name} is not started any more.`);
      const spawning = spawnChild({ ...settings, clock, undo });
      starting.add(spawning);
      try {
        const child = await spawning;
        children.push(child);
        return child;
      } finally {
        starting.delete(spawning);
      }
    },
    all: () => children,
    stop: () => (stopping ??= stopAll()),
  };
}
