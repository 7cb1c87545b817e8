import { runCommandLine } from '../../../harness/commands/command-line.ts';
import type { Finished } from '../../table/run-gameday.ts';

/** What the command line does in this process: a second less than in one of its own. */
export async function inThisProcess(parameters: readonly string[]): Promise<Finished> {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(`${line}\n`);
  const terminal = { isTerminal: false, color: false, print: write, say: write, transient: () => undefined };
  const code = await runCommandLine(parameters, terminal, new AbortController().signal);
  return { code, output: lines.join('') };
}
