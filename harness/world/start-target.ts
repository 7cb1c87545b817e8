import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../kit/deadline.ts';
import { GamedayError } from '../kit/errors.ts';
import { siblingModule } from '../kit/sibling-module.ts';
import { signalGroup } from '../safety/process-group.ts';
import { ask } from './ask.ts';
import { notReady, type Death } from './child.ts';
import { harmlessEnvironment } from './environment.ts';
import { lastLines } from './last-lines.ts';
import type { Ground } from './local-options.ts';
import { outputOf } from './start-parts.ts';
import type { TargetStart } from './target.ts';
import { TargetExitedSchema, TargetStartedSchema, type TargetBegin } from './target-settings.ts';

/** A target that runs, though it may not be ready yet. */
export interface RunningTarget {
  readonly pid: number;
  died(): Death | null;
}

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
  const holder = await children.spawn({
    ...{ name: 'target', begin },
    module: siblingModule(import.meta.url, './target-main'),
    environment: harmlessEnvironment(process.env),
    outputFile: join(options.runFolder, outputOf('target')),
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
  return { pid, died: () => death ?? holder.died() };
}

async function checkFolder(folder: string, name: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new GamedayError('bad-config', `The folder of ${name} does not exist: ${folder}`);
}

/** Asks the target until it answers 200; ends early when it dies. */
export async function waitForTarget(url: string, running: RunningTarget | null, ground: Ground): Promise<void> {
  const { options } = ground;
  const { clock, target } = options;
  const limitMs = target.ready.withinMs ?? 30_000;
  const readyUrl = new URL(target.ready.path, url).href;
  try {
    const answer = await waitUntil(
      clock,
      async () => {
        const death = running?.died() ?? null;
        if (death) return { death };
        const { status } = await ask(clock, readyUrl, { limitMs: 2000, signal: ground.signal });
        if (status === 200) return 'ready';
        throw new Error(`the last answer was ${status}`);
      },
      { what: `GET ${target.ready.path} to be answered 200`, limitMs, signal: ground.signal },
    );
    if (answer !== 'ready') throw new Error(`it ${answer.death.how} before it was ready`);
  } catch (cause) {
    ground.signal.throwIfAborted();
    throw await explain(cause, running, ground);
  }
}

async function explain(cause: unknown, running: RunningTarget | null, { options }: Ground): Promise<GamedayError> {
  const outputFile = running ? join(options.runFolder, outputOf('target')) : null;
  const lines = outputFile === null ? [] : await lastLines(outputFile);
  const portTaken = lines.some((line) => /EADDRINUSE|address already in use/i.test(line));
  const what = `The target ${options.target.name}`;
  if (!portTaken) return notReady({ code: 'target-not-ready', what, outputFile, cause });
  const taken = new Error(
    'the port that it listens on is taken. A target has to listen on the port in the variable PORT',
  );
  return notReady({ code: 'target-not-ready', what, outputFile, cause: taken });
}
