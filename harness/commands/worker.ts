import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process that takes one message at a time and answers each with one. */
export interface Worker {
  /** Sends it a message and gives its answer; rejects, with the last lines that it printed, when it ends instead. */
  ask(message: object): Promise<unknown>;
  /** Sends it a message that it does not answer. */
  tell(message: object): void;
  /** Ends it at once. */
  kill(): Promise<void>;
}

const keptLines = 5;

/**
 * Starts a module as a process of ours. What it prints goes to `onOutput`.
 *
 * @param module a file
 */
export function startWorker(module: string, onOutput: (line: string) => void): Worker {
  // Most of what a simulated run makes lives for a moment: with more room for it less has to be looked through, a tenth of the time.
  // Its code runs for seconds, not for hours: compiled simply at once, the first run takes a tenth less time.
  const execArgv = ['--max-semi-space-size=64', '--always-sparkplug'];
  const child = fork(module, [], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const printed = lastPrinted(child, onOutput);
  let answered: ((answer: unknown) => void) | undefined;
  child.on('message', (message) => answered?.(message));
  // All that it printed has been read when the streams are closed, too.
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`;
      const last = printed();
      resolve(`its process ${how}${last.length === 0 ? '' : `; the last that it printed: ${last.join(' | ')}`}`);
    });
    child.on('error', (cause) => {
      if (child.pid === undefined) resolve(`its process could not be started: ${cause.message}`);
    });
  });
  return {
    ask: async (message) => {
      const answer = new Promise<unknown>((resolve) => (answered = resolve));
      // What cannot be delivered means that it has ended, which is noticed anyway.
      child.send(message, () => undefined);
      const failure = ended.then((how) => Promise.reject(new Error(how)));
      return Promise.race([answer, failure]);
    },
    tell: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function lastPrinted(child: ChildProcess, onOutput: (line: string) => void): () => readonly string[] {
  const last: string[] = [];
  const take = (line: string): void => {
    if (line.trim() === '') return;
    last.push(line.trim());
    if (last.length > keptLines) last.shift();
    onOutput(line);
  };
  const rests: (() => string)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    rests.push(() => rest);
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    });
  }
  return () => {
    for (const rest of rests) take(rest());
    return last;
  };
}
