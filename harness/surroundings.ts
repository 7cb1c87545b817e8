import type { Clock } from './kit/clock.ts';
import type { Stoppable } from './kit/lifecycle.ts';
import type { StuckTime } from './kit/virtual/stuck-time.ts';
import type { SeriesStore } from './observe/series.ts';
import type { Activity } from './world/activity.ts';
import type { World } from './world/running-world.ts';
import type { WorldOptions } from './world/world-options.ts';

/** The kinds of world that there are. */
export const worldNames = ['local', 'simulated'] as const;
export type WorldName = (typeof worldNames)[number];

/** What a run is called, and where its things are kept. */
export interface RunPlace {
  /** No two runs have the same. */
  readonly runId: string;
  readonly runFolder: string;
  readonly stateFolder: string;
}

/** A kind of world: the time that an experiment goes by, and how its things are started. */
export interface Surroundings {
  readonly name: WorldName;
  readonly clock: Clock;
  /** How what is in the world is reached from outside. */
  readonly fetch: typeof fetch;
  /** What goes on in the world, as far as it can tell. */
  readonly activity: Activity;
  /**
   * Performs an experiment in this world's time. Files are read and written before and after it.
   *
   * @param tellStuck what to say where the process has to end since the experiment never lets go of it; default what is known without it
   */
  during<T>(experiment: () => Promise<T>, tellStuck?: (cause: StuckTime) => string): Promise<T>;
  /** Takes what the target measures; `url` is what `OTEL_EXPORTER_OTLP_ENDPOINT` is set to. */
  receiveTelemetry(series: SeriesStore): Promise<Stoppable & { readonly url: string }>;
  startWorld(options: WorldOptions, place: RunPlace): Promise<World>;
}
