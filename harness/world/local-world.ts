import { openLocalHost } from './local-host.ts';
import type { LocalWorldOptions } from './local-options.ts';
import type { World } from './running-world.ts';
import { startWorld } from './start-world.ts';

export type { LocalWorldOptions } from './local-options.ts';

/** Starts a world of processes on this machine: see `startWorld`. */
export function startLocalWorld(options: LocalWorldOptions): Promise<World> {
  return startWorld(options, () => openLocalHost(options));
}
