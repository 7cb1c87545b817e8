import { gateStream, type Chunk, type Gate, type Leaving, type Reading, type Source } from './gated-stream.ts';
import { closed, rejected, terminated } from './network-errors.ts';

/** What a process is at the moment, and how code of its own is run. */
export interface OwnProcess {
  readonly state: 'running' | 'paused' | 'dead';
  readonly run: <Result>(code: () => Result) => Result;
  /** Runs code at once, when the process is resumed, or never. */
  readonly enter: (code: () => void) => void;
}

/** What a process streams is made by code of its own, whoever reads it or wants no more of it. */
export function gateOwnStream(stream: ReadableStream<Chunk>, process: OwnProcess): void {
  gateStream(stream, new OwnStream(process));
}

class OwnStream implements Gate {
  readonly #process: OwnProcess;
  /** Ends the read that waits for the process to be resumed. */
  #giveUp: ((cause: unknown) => void) | undefined;

  constructor(process: OwnProcess) {
    this.#process = process;
  }

  read(source: Source): Promise<Reading> {
    const { state, run, enter } = this.#process;
    if (state === 'running') return run(() => source.read());
    if (state === 'dead') return rejected(terminated(closed()));
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      enter(() => void source.read().then(resolve, reject));
    });
  }

  /** Whoever read it has gone at once, and does not wait for what the process does when it hears of that. */
  cancel(leaving: Leaving): Promise<void> {
    const { state, enter } = this.#process;
    const cancel = state === 'running' ? () => leaving.cancel() : leaving.leave();
    this.#giveUp?.(terminated(closed()));
    enter(() => void cancel().catch(() => undefined));
    return Promise.resolve();
  }
}
