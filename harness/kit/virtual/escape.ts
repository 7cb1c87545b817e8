import { GamedayError } from '../errors.ts';

/** Deep enough to come from a socket of the platform to whoever called its `fetch`. */
const frames = 60;

/** So many frames are told, of those that are neither the platform's nor ours. */
const told = 5;
const notTheirs = /node:|<anonymous>\)$|[/]harness[/](kit[/]virtual|world[/]simulated)[/]/;

/** Something that got out of a simulation; who did it is told in the message, too, since that is all that a person sees on a terminal. */
export function escapeError(message: string, hint?: string): GamedayError {
  const stack = deepStack(message);
  const escape = new GamedayError('harness', `${message}${by(stack)}`, hint === undefined ? {} : { hint });
  escape.stack = stack;
  return escape;
}

/** Who is running just now, as the end of a message; empty where it is nobody but the platform and us. */
export function escapeFrames(): string {
  return by(deepStack(''));
}

function deepStack(message: string): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = frames;
  const { stack = '' } = new Error(message);
  Error.stackTraceLimit = limit;
  return stack;
}

/** The first frames of a stack that are neither the platform's nor ours. */
export function theirFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !notTheirs.test(line))
    .slice(0, told);
}

function by(stack: string): string {
  const theirs = theirFrames(stack);
  return theirs.length > 0 ? ` It was done by:\n${theirs.join('\n')}` : '';
}
