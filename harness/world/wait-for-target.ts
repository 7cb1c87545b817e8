import { waitUntil } from '../kit/deadline.ts';
import { messageOf, type GamedayError } from '../kit/errors.ts';
import type { Caller } from '../kit/fetch-within.ts';
import { ask } from './ask.ts';
import { notReady } from './child.ts';
import type { RunningTarget } from './host.ts';
import { lastLines } from './last-lines.ts';
import type { TargetConfig } from './target.ts';

interface Waiting {
  readonly caller: Caller;
  readonly target: TargetConfig;
  readonly signal: AbortSignal;
}

/** Asks the target until it answers 200; ends early when it dies. */
export async function waitForTarget(url: string, running: RunningTarget | null, waiting: Waiting): Promise<void> {
  const { caller, target, signal } = waiting;
  const limitMs = target.ready.withinMs ?? 30_000;
  const readyUrl = new URL(target.ready.path, url).href;
  try {
    const answer = await waitUntil(
      caller.clock,
      async () => {
        const death = running?.died() ?? null;
        if (death) return { death };
        const { status } = await ask(caller, readyUrl, { limitMs: 2000, signal });
        if (status === 200) return 'ready';
        throw new Error(`the last answer was ${status}`);
      },
      { what: `GET ${target.ready.path} to be answered 200`, limitMs, signal },
    );
    if (answer !== 'ready') throw new Error(`it ${answer.death.how} before it was ready`);
  } catch (cause) {
    signal.throwIfAborted();
    throw await explain(cause, running, target);
  }
}

async function explain(cause: unknown, running: RunningTarget | null, target: TargetConfig): Promise<GamedayError> {
  const outputFile = running?.outputFile ?? null;
  const lines = outputFile === null ? [] : await lastLines(outputFile);
  const portTaken = lines.some((line) => /EADDRINUSE|address already in use/i.test(line));
  const what = `The target ${target.name}`;
  if (!portTaken) {
    const nobody = running?.died() === null && messageOf(cause).includes('ECONNREFUSED');
    const why = nobody
      ? new Error(`${messageOf(cause)}. A target has to listen on 127.0.0.1, on the port in the variable PORT`)
      : cause;
    return notReady({ code: 'target-not-ready', what, outputFile, cause: why });
  }
  const taken = new Error(
    'the port that it listens on is taken. A target has to listen on the port in the variable PORT',
  );
  return notReady({ code: 'target-not-ready', what, outputFile, cause: taken });
}
