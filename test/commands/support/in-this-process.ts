import { runCommandLine } from '../../../harness/commands/command-line.ts';
import type { Finished } from '../../table/run-gameday.ts';

/**
 * What the command line does in this process: a second less than in one of its own. `signal` ends it as a signal of the system does; `onOutput`
 * is told of what it writes when it does.
 */
export async function inThisProcess(
  parameters: readonly string[],
  { signal, onOutput }: { signal?: AbortSignal; onOutput?: (text: string) => void } = {},
): Promise<Finished> {
  let output = '';
  const write = (line: string): void => {
    output += `${line}\n`;
    onOutput?.(`${line}\n`);
  };
  const terminal = { isTerminal: false, color: false, print: write, say: write, transient: () => undefined };
  const code = await runCommandLine(parameters, terminal, signal ?? new AbortController().signal);
  return { code, output };
}
