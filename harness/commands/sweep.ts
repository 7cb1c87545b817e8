import { systemClock } from '../kit/clock.ts';
import { describeSweep } from '../safety/describe-sweep.ts';
import { sweep } from '../safety/sweep.ts';
import { redactAbandoned } from '../run-folder.ts';
import { runsFolder, stateFolder } from './folders.ts';
import type { Terminal } from './terminal.ts';

/** Removes what interrupted runs left behind, and says what it was. */
export async function sweepCommand(terminal: Terminal): Promise<number> {
  const lines = describeSweep(await sweep(stateFolder(), { clock: systemClock() }));
  await redactAbandoned(runsFolder());
  for (const line of lines.length > 0 ? lines : ['Nothing was left behind.']) terminal.print(line);
  return 0;
}
