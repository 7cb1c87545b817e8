import { runCommandLine } from './commands/command-line.ts';
import { exitCodes } from './commands/exit-codes.ts';
import { processTerminal } from './commands/terminal.ts';
import { systemClock } from './kit/clock.ts';
import { GamedayError } from './kit/errors.ts';

/** Signals that come so close together are one. */
const sameSignalMs = 250;

/** SIGINT, SIGTERM, or the end of the process that started us: stop in order. A second signal stops at once. */
function stopOnSignals(ending: AbortController): void {
  const clock = systemClock();
  let firstMs = Infinity;
  const stop = (name: string): void => {
    // Ctrl-C comes twice where a launcher is in between: from the terminal, and from it.
    if (ending.signal.aborted && clock.now() - firstMs < sameSignalMs) return;
    if (ending.signal.aborted) process.exit(exitCodes.broken);
    firstMs = clock.now();
    ending.abort(new GamedayError('interrupted', `interrupted by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name));
  // From the launcher in bin/, which cannot pass signals on in any other way once it shares our terminal.
  process.on('message', (message: { kind?: string; signal?: string }) => {
    if (message.kind === 'signal') stop(message.signal ?? 'a signal');
  });
  process.on('disconnect', () => {
    if (!ending.signal.aborted) stop('the end of its parent');
  });
}

const ending = new AbortController();
stopOnSignals(ending);
const parameters = process.argv.slice(2);
process.exitCode = await runCommandLine(parameters, processTerminal(), ending.signal);
// Where a request of a socket never completes, the platform's own way to end turns in a circle; everything is closed by now.
if (parameters[0] === 'proxy') process.exit();
if (process.connected) process.disconnect();
