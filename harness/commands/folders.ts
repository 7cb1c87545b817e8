import { join, resolve } from 'node:path';

/** Where gameday keeps what outlives a command: undo journals and runs. */
export function stateFolder(): string {
  return resolve('.gameday');
}

export function runsFolder(): string {
  return join(stateFolder(), 'runs');
}
