/** Something that was begun and has not come to its end. */
export interface Unsettled {
  /** `call`: a handler that has not returned. `request`: one without an answer. `answer`: one that was not read to its end. */
  readonly kind: 'call' | 'request' | 'answer';
  /** Whose it is: `the target`, or the name of a part; null where nobody can tell. */
  readonly who: string | null;
  /** Method and URL. */
  readonly request: string;
  /** Epoch milliseconds, in the time of the world. */
  readonly sinceMs: number;
}

/** Errors that came in the place of answers. */
export interface Thrown {
  readonly who: string;
  readonly count: number;
  readonly first: unknown;
}

/** What goes on in a world, for a run that does not get on, and for what it leaves behind. A world of processes cannot tell. */
export interface Activity {
  /** What is under way now. */
  underway(): readonly Unsettled[];
  /** What had still been under way when its owner was stopped. */
  leftBehind(): readonly Unsettled[];
  /** The last calls that came to anybody, the oldest first. */
  lastCalls(): readonly Unsettled[];
  /** What was thrown in the place of answers. */
  thrown(): readonly Thrown[];
}

/** Of a world that cannot tell. */
export const unknownActivity: Activity = {
  underway: () => [],
  leftBehind: () => [],
  lastCalls: () => [],
  thrown: () => [],
};
