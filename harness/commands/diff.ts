import { runConditions } from '../../reports/index.ts';
import { eventLog, firstDifference, hashOf } from '../event-log.ts';
import { readRun, type StoredRun } from '../run-folder.ts';
import type { Terminal } from './terminal.ts';

/** Lines that both have in common and that are shown before the first difference. */
const contextLines = 3;

/** Shows the first event in which two stored runs differ. Exit code 0 when there is none, 1 when there is. */
export async function diffCommand(left: string, right: string, terminal: Terminal): Promise<number> {
  const [one, other] = [await readRun(left), await readRun(right)];
  const [before, after] = [eventLog(one), eventLog(other)];
  const at = firstDifference(before, after);
  if (at === null) {
    terminal.print(`The same: ${before.length} events, sha256 ${hashOf(before)}.`);
    return 0;
  }
  for (const [where, run, log] of [[left, one, before] as const, [right, other, after] as const]) {
    terminal.print(`${where}: ${describe(run)}, ${log.length} events, sha256 ${hashOf(log)}`);
  }
  terminal.print(`They part at event ${at + 1}:`);
  for (const line of before.slice(Math.max(0, at - contextLines), at)) terminal.print(`  ${line}`);
  terminal.print(`- ${before[at] ?? 'nothing more'}`);
  terminal.print(`+ ${after[at] ?? 'nothing more'}`);
  return 1;
}

/** What a run was asked to be: two of different kinds part for that reason. */
function describe({ record }: StoredRun): string {
  const { plan, run } = record;
  const defect = run.defect === null ? [] : [`defect ${run.defect}`];
  return [`seed ${plan.seed}`, `pace ${plan.pace}`, run.world, ...defect, ...runConditions(record)].join(', ');
}
