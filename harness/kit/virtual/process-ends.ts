import type { Replacement } from './replacement.ts';

/** Told how the process of whoever runs just now would end; gives whether that is all that has to happen. */
export type OnEnd = (how: string) => boolean;

/** Frames of a stack that are told: whoever threw is at the top. */
const told = 3;

/** What ends a process, in place of the platform's: it ends nobody but the one that `onEnd` knows. */
export function virtualExits(onEnd: OnEnd): Replacement[] {
  const real = { exit: process.exit.bind(process), abort: process.abort.bind(process) };
  const exit = (code?: number | string | null): never => {
    const shown = String(code ?? process.exitCode ?? 0);
    if (!onEnd(`ended by process.exit(${shown})`)) return real.exit(code);
    // Whoever has ended does not come to the next line.
    throw new Error(`process.exit(${shown}) was called`);
  };
  const abort = (): never => {
    if (!onEnd('ended by process.abort()')) return real.abort();
    throw new Error('process.abort() was called');
  };
  return [
    { of: process, key: 'exit', value: exit },
    { of: process, key: 'abort', value: abort },
  ];
}

/** Watches for errors that nobody catches, for which the platform ends a process. Gives what ends the watch. */
export function watchUncaught(onUncaught: (cause: unknown) => void): () => void {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  return () => void process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
}

/** How a process ends by an error that nobody caught, with where it was thrown. */
export function endedBy(cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const lines = stack.split('\n');
  const frames = lines.filter((line) => /^\s+at /.test(line));
  const message = lines.slice(0, Math.max(1, lines.length - frames.length)).join('\n');
  return ['ended by an error that nobody caught: ' + message, ...frames.slice(0, told)].join('\n');
}
