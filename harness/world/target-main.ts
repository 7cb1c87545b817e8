import { spawn, type ChildProcess } from 'node:child_process';
import { systemClock } from '../kit/clock.ts';
import { endGroup } from '../safety/process-group.ts';
import { noteProcess } from '../safety/undo-journal.ts';
import { howItEnded } from './child.ts';
import { firstMessage, obeyConductor, tellConductor } from './conductor-link.ts';
import { TargetBeginSchema } from './target-settings.ts';

// The small parent of a foreign target. A target knows nothing of us, so it would outlive a conductor that is killed; this process does
// not, and takes the target's whole group with it.

const clock = systemClock();
let target: ChildProcess | undefined;

obeyConductor(async () => {
  if (target?.pid !== undefined) await endGroup(target.pid, { clock, graceMs: 500 });
});

const begin = TargetBeginSchema.parse(await firstMessage());
const [program, ...words] = begin.command;
target = spawn(program, words, {
  cwd: begin.folder,
  env: begin.environment,
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
target.once('error', (cause) => tellConductor({ kind: 'failed', message: cause.message }));
target.once('exit', (code, signal) => {
  // What the target has started must not outlive it, or it would hold its port. Its id may belong to somebody else later on.
  if (target?.pid !== undefined) void endGroup(target.pid, { clock, graceMs: 0 });
  target = undefined;
  tellConductor({ kind: 'exited', how: howItEnded(code, signal) });
});
const { pid } = target;
if (pid !== undefined) {
  try {
    await noteProcess(begin.undoFile, 'target command', pid);
  } catch (cause) {
    // One that is in no journal would never be ended by anybody.
    await endGroup(pid, { clock, graceMs: 0 });
    throw cause;
  }
  tellConductor({ kind: 'ready', pid });
}
