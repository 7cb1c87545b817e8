import type { Caller } from '../kit/fetch-within.ts';
import type { Stoppable } from '../kit/lifecycle.ts';
import type { ReachablePart } from './admin-client.ts';
import type { Death } from './child.ts';
import type { Address } from './environment.ts';
import type { StartedProxy, UndoNotes } from './links.ts';
import type { PartSpec } from './types.ts';

/** A part that runs, and where it listens, past the proxy. */
export interface RunningPart extends Address {
  readonly spec: PartSpec;
  readonly part: ReachablePart;
}

/** What can be done to a target from outside, as to a process. A death by it is none that the target died by itself. */
export interface TargetControl {
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
  /** Stops it from running, until it is resumed. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it anew with the same environment, on the same address; kills it before where it lives. */
  restart(): Promise<void>;
}

/** A target that runs, though it may not be ready yet. */
export interface RunningTarget {
  died(): Death | null;
  /** The file with what it prints; null where nothing is kept. */
  readonly outputFile: string | null;
  /** Undefined where nothing can be done to it. */
  readonly control?: TargetControl;
}

/** Something that runs in a world and may die by itself. */
export interface Inhabitant {
  readonly name: string;
  died(): Death | null;
  /** What it prints, relative to the run's folder; null where nothing is kept. */
  readonly output: string | null;
}

/** Where the things of a world run: as processes of this machine, or as functions in this process. */
export interface Host extends Stoppable {
  /** How what runs on it is reached. */
  readonly caller: Caller;
  /** Where faults are noted before they are injected. */
  readonly undo: UndoNotes;
  startProxy(signal: AbortSignal): Promise<StartedProxy>;
  startPart(spec: PartSpec, signal: AbortSignal): Promise<RunningPart>;
  /** Makes a certificate authority (PEM) known; gives the variables by which the runtime of a target finds it. */
  trust(authority: string): Promise<Readonly<Record<string, string>>>;
  /** Where a target that we start is to listen. */
  targetAddress(): Promise<Address>;
  launchTarget(launch: {
    readonly environment: Readonly<Record<string, string>>;
    readonly address: Address;
    readonly signal: AbortSignal;
  }): Promise<RunningTarget>;
  inhabitants(): readonly Inhabitant[];
}
