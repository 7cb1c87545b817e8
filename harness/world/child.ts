import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import module from 'node:module';
import { dirname } from 'node:path';
import type { z } from 'zod';
import type { Clock } from '../kit/clock.ts';
import { withDeadline } from '../kit/deadline.ts';
import { GamedayError, messageOf, type ErrorCode } from '../kit/errors.ts';
import type { Stoppable } from '../kit/lifecycle.ts';
import { signalGroup } from '../safety/process-group.ts';
import type { UndoJournal } from '../safety/undo-journal.ts';
import { lastLines } from './last-lines.ts';

export interface ChildSettings {
  /** Names it in messages, in the undo journal and in the record. */
  readonly name: string;
  /** One of our own modules, as a file: it ends by itself when the conductor is gone (see `obeyConductor`). */
  readonly module: string;
  readonly arguments?: readonly string[];
  /** Sent to it as its first message. */
  readonly begin?: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Takes all that it prints. */
  readonly outputFile: string;
  readonly clock: Clock;
  readonly undo: UndoJournal;
  /** How long it has between SIGTERM and SIGKILL; default 500 ms. */
  readonly graceMs?: number;
}

/** How a process ended before anybody stopped it. `atMs` is epoch milliseconds. */
export interface Death {
  readonly how: string;
  readonly atMs: number;
}

/** A process of the world. That it dies is an observation, never an error of the conductor. */
export interface StartedChild extends Stoppable {
  readonly name: string;
  readonly pid: number;
  readonly outputFile: string;
  /** Resolves with its `{ kind: 'ready' }` message. Throws with its last lines when it dies, fails or takes too long. */
  waitReady<Ready>(settings: {
    schema: z.ZodType<Ready>;
    limitMs: number;
    code: ErrorCode;
    signal: AbortSignal;
  }): Promise<Ready>;
  /** Calls back with each of its messages, also those that came before. */
  onMessage(listener: (message: unknown) => void): void;
  died(): Death | null;
  /** Whether it is being, or has been, stopped: how it ends after that says nothing. */
  isStopping(): boolean;
  /** Resolves when it has ended, in whatever way. */
  readonly ended: Promise<void>;
}

/** Starts one of our modules as a process of its own, in a group of its own, and notes it in the undo journal. */
export async function spawnChild(settings: ChildSettings): Promise<StartedChild> {
  const { name, clock, undo, outputFile } = settings;
  await mkdir(dirname(outputFile), { recursive: true });
  await using output = await open(outputFile, 'w');
  const child = spawn(process.execPath, [settings.module, ...(settings.arguments ?? [])], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
    env: { ...compiledModules(), ...settings.environment },
  });
  const started = watch(child, settings);
  await output.close();
  const { pid } = child;
  if (pid === undefined) {
    await started.ended;
    throw new GamedayError('part-not-ready', `${name} ${started.died()?.how ?? 'could not be started'}.`);
  }
  await noted(name, pid, started, undo);
  // Only now, so that whatever it starts itself has somebody who will stop it. A message that cannot be delivered means that it has ended,
  // which is noticed anyway.
  if (settings.begin) child.send(settings.begin, () => undefined);
  let stopping: Promise<void> | undefined;
  return {
    ...{ name, pid, outputFile, ended: started.ended, isStopping: started.isStopping },
    ...{ died: started.died, waitReady: started.waitReady, onMessage: started.onMessage },
    stop: () => (stopping ??= stop(name, pid, started, { clock, undo, graceMs: settings.graceMs })),
  };
}

/** Lets ours find what is compiled already where this process keeps that, which Node can from 22.1 on: they start in half the time. */
function compiledModules(
  platform: Partial<Pick<typeof module, 'getCompileCacheDir'>> = module,
): Record<string, string> {
  const folder = platform.getCompileCacheDir?.();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/** Notes a process in the undo journal. One that cannot be noted is ended: nobody would ever stop it. */
async function noted(name: string, pid: number, child: Watched, undo: UndoJournal): Promise<void> {
  try {
    await undo.process(name, pid);
  } catch (cause) {
    signalGroup(pid, 'SIGKILL');
    await child.ended;
    // What failed first is the thing to say; this only has the journal forget it.
    await undo.undone(name).catch(() => undefined);
    throw cause;
  }
}

type Watched = Pick<StartedChild, 'waitReady' | 'onMessage' | 'died' | 'isStopping' | 'ended'> & { beginStop(): void };

function watch(child: ChildProcess, settings: ChildSettings): Watched {
  const messages: unknown[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  let death: Death | null = null;
  let isStopping = false;
  child.on('message', (message) => {
    messages.push(message);
    for (const listener of listeners) listener(message);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      if (!isStopping) death ??= { how, atMs: settings.clock.now() };
      // Whatever it has started itself goes with it; its id cannot have been given out again this early.
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      resolve();
    };
    child.once('exit', (code, signal) => end(howItEnded(code, signal)));
    child.on('error', (cause) => {
      if (child.pid === undefined) end(`could not be started: ${cause.message}`);
    });
  });
  const watched: Watched = {
    ended,
    died: () => death,
    isStopping: () => isStopping,
    beginStop: () => (isStopping = true),
    onMessage: (listener) => {
      messages.forEach(listener);
      listeners.push(listener);
    },
    waitReady: (wanted) => waitReady(watched, settings, wanted),
  };
  return watched;
}

/** How a process ended, to be said after its name: `exited with code 1`, `was ended by SIGKILL`. */
export function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`;
}

async function waitReady<Ready>(
  child: Watched,
  { name, outputFile, clock }: ChildSettings,
  wanted: { schema: z.ZodType<Ready>; limitMs: number; code: ErrorCode; signal: AbortSignal },
): Promise<Ready> {
  const { signal } = wanted;
  const ready = new Promise<Ready>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    child.onMessage((message) => {
      const kind = typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;
      if (kind === 'failed' && 'message' in (message as object))
        reject(new Error(`it said: ${String((message as { message: unknown }).message)}`));
      if (kind !== 'ready') return;
      const read = wanted.schema.safeParse(message);
      if (read.success) resolve(read.data);
      else reject(new Error(`its ready message makes no sense: ${read.error.message}`));
    });
    void child.ended.then(() => reject(new Error(`it ${child.died()?.how ?? 'was stopped'}`)));
  });
  ready.catch(() => undefined); // it may fail before anybody waits for it
  try {
    signal.throwIfAborted();
    return await withDeadline(clock, ready, { what: `${name} to be ready`, limitMs: wanted.limitMs });
  } catch (cause) {
    signal.throwIfAborted();
    throw await notReady({ code: wanted.code, what: name, outputFile, cause });
  }
}

/** The error for something that did not start, with the last that it printed. */
export async function notReady(failure: {
  code: ErrorCode;
  what: string;
  outputFile: string | null;
  cause: unknown;
}): Promise<GamedayError> {
  const { code, what, outputFile, cause } = failure;
  const summary = `${what} did not start: ${messageOf(cause)}`;
  const lines = outputFile === null ? [] : await lastLines(outputFile);
  const said =
    lines.length === 0 ? ['It printed nothing.'] : ['The last that it printed:', ...lines.map((line) => `  ${line}`)];
  return new GamedayError(code, summary, {
    problems: outputFile === null ? [summary] : [summary, ...said],
    ...(outputFile === null ? {} : { hint: `All that it printed is in ${outputFile}.` }),
    cause,
  });
}

async function stop(
  name: string,
  pid: number,
  child: Watched,
  settings: { clock: Clock; undo: UndoJournal; graceMs: number | undefined },
): Promise<void> {
  const { clock, undo, graceMs = 500 } = settings;
  const within = (limitMs: number): Promise<boolean> =>
    withDeadline(clock, child.ended, { what: `the end of ${name}`, limitMs }).then(
      () => true,
      () => false,
    );
  if (child.died() === null) {
    child.beginStop();
    signalGroup(pid, 'SIGTERM');
    if (!(await within(graceMs))) signalGroup(pid, 'SIGKILL');
    if (!(await within(400))) throw new GamedayError('harness', `${name} (process ${pid}) does not end.`);
  }
  await undo.undone(name);
}
