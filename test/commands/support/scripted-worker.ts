// Stands in for the seed worker: passes, but for the seeds that it dies, hangs or breaks off with. Says which process ran a job. Seed 1 goes on
// until there is a file `go` in the folder of the runs, where one is given.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SeedJob, SeedResult } from '../../../harness/commands/seed-result.ts';
import type { ToWorker } from '../../../harness/commands/seed-worker.ts';

let onStop: ((reason: string) => void) | undefined;
let folder: string | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  if (message.kind === 'run') run(message.job);
  else if (message.kind === 'stop') onStop?.(message.reason);
  else if (message.flags.defect === 'unloadable') process.send?.({ kind: 'failed', message: 'no such target' });
  else {
    folder = message.flags.out;
    process.send?.({ kind: 'ready' });
  }
});

function run(job: SeedJob): void {
  const result = { failed: [], invalidReasons: [], hash: String(process.pid), wallMs: 1, command: 'again' };
  const end = (outcome: SeedResult['outcome'], why: string): void => {
    process.send?.({ kind: 'done', result: { ...job, ...result, outcome, why } });
  };
  if (job.seed === 13) {
    console.error('out of luck');
    process.exit(7);
  }
  if (job.seed === 17) {
    onStop = (reason) => end('inconclusive', reason);
    console.log('seed 17 has begun');
  }
  if (job.seed === 1) endWhenTold(() => end('pass', ''));
  else if (job.seed !== 17 && job.seed !== 19) setTimeout(() => end('pass', ''), 0);
}

function endWhenTold(end: () => void): void {
  if (folder === undefined || existsSync(join(folder, 'go'))) end();
  else setTimeout(() => endWhenTold(end), 5);
}
