import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pruneRuns } from '../run-folder.ts';
import { runsFolder } from './folders.ts';
import { rm } from 'node:fs/promises';
import type { Terminal } from './terminal.ts';

/** Removes stored runs, all but the newest `keep`. */
export async function cleanCommand(flags: { keep: number; out?: string }, terminal: Terminal): Promise<number> {
  const folder = flags.out === undefined ? runsFolder() : resolve(flags.out);
  const removed = await pruneRuns(folder, flags.keep);
  const latest = join(folder, 'latest');
  if (!existsSync(latest)) await rm(latest, { force: true });
  terminal.print(
    removed.length === 0
      ? `Nothing to remove in ${folder}.`
      : `Removed ${removed.length} run${removed.length === 1 ? '' : 's'} from ${folder}.`,
  );
  return 0;
}
