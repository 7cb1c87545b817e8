import { sleepOn, type Clock } from '../../kit/clock.ts';
import type { Unsettled } from '../activity.ts';
import type { InProcessTarget } from '../types.ts';
import { endedBy } from '../../kit/virtual/process-ends.ts';
import { gateStream, type Chunk } from './gated-stream.ts';
import { LightResponse } from './light-response.ts';
import type { NetworkClient, SimulatedNetwork } from './network.ts';
import { closed, rejected } from './network-errors.ts';
import { ownRequest } from './own-request.ts';
import { gateOwnStream, type OwnProcess } from './own-stream.ts';
import type { Owner, Owners } from './owners.ts';

type State = 'running' | 'paused' | 'dead';

/**
 * One life of a process that is a function: from its start until it is killed. What comes to it from outside - timers, answers, requests -
 * goes past here, so that it stands still while it is paused, and hears of nothing any more once it is dead.
 */
export class ProcessLife implements Owner, OwnProcess {
  readonly #client: NetworkClient;
  readonly #onEnd: (how: string) => void;
  readonly #onThrown: (cause: unknown) => void;
  #state: State = 'running';
  /** What came while it was paused, in order. */
  #waiting: (() => void)[] = [];
  /** Callers who wait for an answer: what tells each of them that there will be none. */
  readonly #callers = new Set<(cause: unknown) => void>();
  readonly clock: Clock;
  /** Runs code as this process's. */
  readonly run: <Result>(code: () => Result) => Result;

  constructor(settings: {
    readonly clock: Clock;
    readonly owners: Owners;
    readonly network: SimulatedNetwork;
    /** Told when it has ended by itself, and how. Default nobody is. */
    readonly onEnd?: (how: string) => void;
    /** Told of what it threw in place of an answer. Default nobody is. */
    readonly onThrown?: (cause: unknown) => void;
  }) {
    const { onEnd = () => undefined, onThrown = () => undefined } = settings;
    this.#onEnd = onEnd;
    this.#onThrown = onThrown;
    this.run = settings.owners.entrance(this);
    this.#client = settings.network.openClient(() => this.#running());
    const { clock } = settings;
    const setTimer: Clock['setTimer'] = (callback, delayMs) => clock.setTimer(() => this.enter(callback), delayMs);
    this.clock = {
      setTimer,
      now: () => clock.now(),
      sleep: (delayMs, signal) => sleepOn(setTimer, delayMs, signal),
    };
  }

  ended(how: string): void {
    if (this.#state !== 'dead') this.#onEnd(how);
  }

  /** What it has sent and has no whole answer to. */
  underway(): readonly Unsettled[] {
    return this.#client.underway();
  }

  get state(): State {
    return this.#state;
  }

  /** What it sends goes out at once; what is answered it hears when it runs. */
  readonly fetch: typeof fetch = (input, init) => {
    if (this.#state === 'dead') return never();
    return this.#client.fetch(input, init).then(
      (response) => this.#heard(response),
      async (cause: unknown) => {
        await this.#running();
        throw cause;
      },
    );
  };

  /** Answers a request with what runs in it, as soon as it runs. */
  serve(target: InProcessTarget, request: Request): Promise<Response> {
    if (this.#state === 'dead') return rejected(closed());
    return new Promise((resolve, reject) => {
      const gone: (cause: unknown) => void = reject;
      this.#callers.add(gone);
      const answer = async (): Promise<Response> => {
        if (this.#state !== 'running') await this.#running();
        const response = answered(await this.run(() => target.fetch(ownRequest(request, this.enter))));
        const stream = streamOf(response);
        if (stream && !stream.locked) gateOwnStream(stream, this);
        return response;
      };
      answer()
        .then(resolve, (cause: unknown) => {
          // Whoever has hung up is not waiting for an answer.
          if (this.#state !== 'dead' && !request.signal.aborted) this.#onThrown(cause);
          gone(cause);
        })
        .finally(() => this.#callers.delete(gone));
    });
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Everything that came meanwhile, comes now. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const enter of waiting) this.enter(enter);
  }

  /** What it held in memory, and all that it had begun, is gone; whoever spoke with it finds the connection closed. */
  kill(): void {
    this.#state = 'dead';
    this.#waiting = [];
    for (const gone of this.#callers) gone(closed());
    this.#callers.clear();
    this.#client.close();
  }

  /** What comes from outside comes at once, when it is resumed, or never. */
  readonly enter = (code: () => void): void => {
    if (this.#state === 'running') this.#run(code);
    else if (this.#state === 'paused') this.#waiting.push(code);
  };

  /** What comes from outside has no caller who could catch what is thrown: as everywhere, that is the end of a process. */
  #run(code: () => void): void {
    try {
      this.run(code);
    } catch (cause) {
      this.ended(endedBy(cause));
    }
  }

  /** Resolves when it runs: at once, when it is resumed, or never. */
  #running(): Promise<void> {
    if (this.#state === 'running') return Promise.resolve();
    return new Promise((resolve) => this.enter(resolve));
  }

  #heard(response: Response): Response | Promise<Response> {
    // A text is here as a whole; of a stream each piece is something to be heard.
    const stream = streamOf(response);
    if (stream)
      gateStream(stream, {
        read: (source) =>
          source.read().then(
            (reading) => (this.#state === 'running' ? reading : this.#running().then(() => reading)),
            async (cause: unknown) => {
              await this.#running();
              throw cause;
            },
          ),
        cancel: (leaving) => leaving.cancel(),
      });
    return this.#state === 'running' ? response : this.#running().then(() => response);
  }
}

/** @throws TypeError for what is no response */
function answered(response: Response): Response {
  const given: unknown = response;
  if (typeof given === 'object' && given !== null && 'status' in given && 'headers' in given) return response;
  throw new TypeError(
    `its fetch() gave ${given === null ? 'null' : `a value of type ${typeof given}`} in place of a Response`,
  );
}

/** A body that comes in pieces. */
function streamOf(response: Response): ReadableStream<Chunk> | null {
  return LightResponse.wholeText(response) === undefined ? (response.body as ReadableStream<Chunk> | null) : null;
}

function never<Result>(): Promise<Result> {
  return new Promise(() => undefined);
}
