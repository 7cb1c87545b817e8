import { inspect } from 'node:util';
import type { GamedayError } from '../errors.ts';
import { escapeError, theirFrames } from './escape.ts';
import type { Replacement } from './replacement.ts';

/** Told how the process of whoever runs just now would end; gives whether that is all that has to happen. */
export type OnEnd = (how: string) => boolean;

/**
 * What ends a process, in place of the platform's: it ends nobody but the one that `onEnd` knows. Signals to other processes are none of the world's:
 * `onEscape` is told of them, and they are not sent.
 */
export function virtualExits(onEnd: OnEnd, onEscape: (escape: GamedayError) => void): Replacement[] {
  const real = {
    exit: process.exit.bind(process),
    abort: process.abort.bind(process),
    kill: process.kill.bind(process),
  };
  /** Whoever has ended does not come to the next line. */
  const gone = (how: string): never => {
    throw new Error(`the process was ${how}`);
  };
  const exit = (code?: number | string | null): never => {
    const how = `ended by process.exit(${String(code ?? process.exitCode ?? 0)})`;
    return onEnd(how) ? gone(how) : real.exit(code);
  };
  const abort = (): never => {
    const how = 'ended by process.abort()';
    return onEnd(how) ? gone(how) : real.abort();
  };
  const kill = (pid: number, signal: string | number = 'SIGTERM'): true => {
    const how = `ended by process.kill(process.pid, ${inspect(signal)})`;
    if (pid === process.pid) return signal !== 0 && onEnd(how) ? gone(how) : real.kill(pid, signal);
    // By 0 one only asks whether there is such a process; but also that is not decided by the seed.
    const escape = escapeError(
      `process.kill was called in the simulated world, where there is no ${pid > 0 ? `process ${pid}` : 'group of processes'}.`,
    );
    onEscape(escape);
    throw escape;
  };
  return Object.entries({ exit, abort, kill }).map(([key, value]) => ({ of: process, key, value }));
}

/** Watches for errors that nobody catches, for which the platform ends a process. Gives what ends the watch. */
export function watchUncaught(onUncaught: (cause: unknown) => void): () => void {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  return () => void process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
}

/** How a process ends by an error that nobody caught, with where it was thrown. Whatever was thrown. */
export function endedBy(cause: unknown): string {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause, { depth: 1 });
  const frames = cause instanceof Error ? theirFrames((cause.stack ?? '').replace(what, '')) : [];
  return [`ended by an error that nobody caught: ${what}`, ...frames].join('\n');
}
