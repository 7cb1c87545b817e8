import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../kit/errors.ts';
import { siblingModule } from '../kit/sibling-module.ts';
import { signalGroup } from '../safety/process-group.ts';
import type { Death } from './child.ts';
import { harmlessEnvironment } from './environment.ts';
import type { RunningTarget } from './host.ts';
import type { Ground } from './local-options.ts';
import { outputOf } from './start-parts.ts';
import type { TargetStart } from './target.ts';
import { TargetExitedSchema, TargetStartedSchema, type TargetBegin } from './target-settings.ts';

/** Starts a target's command, held by a process of ours. */
export async function launchTarget(
  start: Extract<TargetStart, { kind: 'command' }>,
  environment: Readonly<Record<string, string>>,
  ground: Ground,
): Promise<RunningTarget> {
  const { options, children, undo, signal } = ground;
  const [program, ...words] = start.command;
  if (program === undefined) throw new GamedayError('bad-config', `The command of ${options.target.name} is empty.`);
  const folder = start.folder ?? process.cwd();
  await checkFolder(folder, options.target.name);
  const begin: TargetBegin = {
    command: [program, ...words],
    folder,
    environment: { ...environment },
    undoFile: undo.file,
  };
  const outputFile = join(options.runFolder, outputOf('target'));
  const holder = await children.spawn({
    ...{ name: 'target', begin },
    module: siblingModule(import.meta.url, './target-main'),
    environment: harmlessEnvironment(process.env),
    outputFile,
    // It gives the target half a second itself.
    graceMs: 800,
  });
  let death: Death | null = null;
  let hasExited = false;
  holder.onMessage((message) => {
    const exited = TargetExitedSchema.safeParse(message).data;
    if (!exited) return;
    hasExited = true;
    if (!holder.isStopping()) death ??= { how: exited.how, atMs: options.clock.now() };
  });
  const wanted = { schema: TargetStartedSchema, limitMs: 10_000, code: 'target-not-ready', signal } as const;
  const { pid } = await holder.waitReady(wanted);
  // Should its holder be killed by somebody, nobody else would end the target.
  void holder.ended.then(() => hasExited || signalGroup(pid, 'SIGKILL'));
  return { died: () => death ?? holder.died(), outputFile };
}

async function checkFolder(folder: string, name: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new GamedayError('bad-config', `The folder of ${name} does not exist: ${folder}`);
}
