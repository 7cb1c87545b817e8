import { GamedayError } from '../kit/errors.ts';
import { Cleanup } from '../kit/lifecycle.ts';
import { openUndoJournal } from '../safety/undo-journal.ts';
import { createChildGroup } from './child-group.ts';
import { freePort } from './free-port.ts';
import type { Host, RunningTarget } from './host.ts';
import type { LocalWorldOptions } from './local-options.ts';
import { outputOf, startPart, startProxy } from './start-parts.ts';
import { launchTarget } from './start-target.ts';
import { writeTrust } from './write-trust.ts';

/** Everything runs as a process of this machine, noted in an undo journal. Nothing has started yet when it resolves. */
export async function openLocalHost(options: LocalWorldOptions): Promise<Host> {
  const cleanup = new Cleanup();
  const undo = await openUndoJournal(options);
  cleanup.add('the undo journal', () => undo.close());
  const children = cleanup.use('the processes', createChildGroup(options.clock, undo));
  const ground = { options, undo, children };
  let running: RunningTarget | undefined;
  return {
    ...{ caller: options, undo, stop: () => cleanup.stop() },
    startProxy: (signal) => startProxy({ ...ground, signal }),
    startPart: (spec, signal) => startPart(spec, { ...ground, signal }),
    trust: (authority) => writeTrust(options.runFolder, authority),
    targetAddress: async () => ({ host: '127.0.0.1', port: await freePort() }),
    launchTarget: async ({ environment, signal }) => {
      const { start, name } = options.target;
      if (start.kind !== 'command') throw new GamedayError('bad-config', `${name} has no command to be started by.`);
      running = await launchTarget(start, environment, { ...ground, signal });
      return running;
    },
    inhabitants: () =>
      children.all().map((child) => ({
        ...{ name: child.name, output: outputOf(child.name) },
        // The process that holds the target tells how the target itself ended.
        died: () => (child.name === 'target' ? (running ?? child).died() : child.died()),
      })),
  };
}
