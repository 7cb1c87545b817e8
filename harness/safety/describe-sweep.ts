import type { SweptRun } from './sweep.ts';

/** What a sweep did, a sentence each, for the terminal and the record. Nothing is said of live runs, nor of processes that had ended by themselves. */
export function describeSweep(runs: readonly SweptRun[]): readonly string[] {
  return runs.flatMap(describeRun);
}

function describeRun(run: SweptRun): readonly string[] {
  if (run.state === 'live') return [];
  const said = run.problems.map((problem) => `The undo journal of ${run.runId}: ${problem}`);
  if (run.journal === 'set aside')
    said.push(`The undo journal of ${run.runId} was set aside as ${run.runId}.jsonl.unreadable.`);
  if (run.state === 'unreadable') return said;
  said.push(`The run ${run.runId} ended without cleaning up${leftOvers(run) ? ':' : '; nothing of it was left.'}`);
  for (const fault of run.faults)
    said.push(`  fault ${fault.name}: ${fault.outcome}${fault.detail === undefined ? '' : ` (${fault.detail})`}`);
  for (const { name, pid, outcome } of run.processes) {
    if (outcome === 'ended' || outcome === 'killed')
      said.push(`  process ${name} (${pid}): was still there, ${outcome}`);
    if (outcome === 'survived') said.push(`  process ${name} (${pid}): does not end. Please end it: kill -9 -${pid}`);
    if (outcome === 'unknown')
      said.push(`  process ${name} (${pid}): ps cannot say whether this is still ours, so it was left alone.`);
  }
  return said;
}

function leftOvers(run: SweptRun): boolean {
  return run.faults.length > 0 || run.processes.some(({ outcome }) => outcome !== 'gone' && outcome !== 'another');
}
