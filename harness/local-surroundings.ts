import { systemClock } from './kit/clock.ts';
import { startTelemetryReceiver } from './observe/telemetry-receiver.ts';
import { unknownActivity } from './world/activity.ts';
import { startLocalWorld } from './world/local-world.ts';
import type { Surroundings } from './surroundings.ts';

/** Processes of this machine, in real time. */
export function localSurroundings(): Surroundings {
  const clock = systemClock();
  return {
    ...{ name: 'local', clock, fetch, activity: unknownActivity },
    during: (experiment) => experiment(),
    receiveTelemetry: (series) => startTelemetryReceiver(series),
    startWorld: (options, place) => startLocalWorld({ ...options, ...place, clock, fetch }),
  };
}
