import type { Clock } from '../../kit/clock.ts';
import { withDeadline } from '../../kit/deadline.ts';
import { seconds } from '../../kit/durations.ts';
import { GamedayError, messageOf } from '../../kit/errors.ts';
import type { Death } from '../child.ts';
import type { TargetControl } from '../host.ts';
import { targetKeepAliveMs } from '../keep-alive.ts';
import type { InProcessTarget } from '../types.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Owners } from './owners.ts';
import { ProcessLife } from './process-life.ts';
import type { WatchedCalls } from './watched-calls.ts';

/** How its calls are named. */
const owner = 'the target';

/** A process that does not end by itself within this time of its world is killed. */
const stopWithinMs = seconds(10);

export interface ProcessSettings {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly owners: Owners;
  /** Where it listens, as `host:port`. */
  readonly address: string;
  /** Watches what comes to it, and what it leaves behind; default nobody does. */
  readonly calls?: WatchedCalls;
  /** How it is called in messages; default `The target`. */
  readonly name?: string;
  /** Makes what runs in the process; `life` counts from 1. */
  readonly create: (ground: { clock: Clock; fetch: typeof fetch }, life: number) => Promise<InProcessTarget>;
}

/** A function that is treated as a process: it can be killed, paused and started again. */
export class SimulatedProcess implements TargetControl {
  readonly #settings: ProcessSettings;
  #lives = 0;
  #death: Death | null = null;
  #current: { readonly life: ProcessLife; readonly target: InProcessTarget } | undefined;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** Starts it, and lets it listen. */
  async start(): Promise<void> {
    const { clock, network, owners, address, create, calls } = this.#settings;
    const onThrown = (cause: unknown): void => calls?.threw(owner, cause);
    const life: ProcessLife = new ProcessLife({
      ...{ clock, owners, network, onThrown },
      onEnd: (how) => this.#died(life, how),
    });
    this.#death = null;
    const { fetch } = life;
    const number = ++this.#lives;
    const made = (): Promise<InProcessTarget> => life.run(async () => create({ clock: life.clock, fetch }, number));
    const target = await owners.keepingFetchApart(made).catch((cause: unknown) => {
      throw this.#notMade(`threw: ${messageOf(cause)}`, cause);
    });
    this.#check(target);
    const death = this.died();
    if (death) throw this.#notMade(`${death.how}, before it was there`);
    this.#current = { life, target };
    const serve = (request: Request): Promise<Response> => life.serve(target, request);
    network.listen(calls?.watch(owner, serve) ?? serve, address, { keepAliveMs: targetKeepAliveMs });
  }

  /** How it ended by itself. */
  died(): Death | null {
    return this.#death;
  }

  /** As SIGKILL. What it had not written is lost, its address refuses, and its connections are closed on both sides. */
  kill(): Promise<void> {
    const { network, address } = this.#settings;
    network.unlisten(address);
    // Dead before its connections are closed, so that it does not hear of that.
    this.#current?.life.kill();
    network.cut(address);
    return Promise.resolve();
  }

  /** As SIGSTOP: it takes connections and requests, and does nothing with them. */
  pause(): Promise<void> {
    this.#current?.life.pause();
    return Promise.resolve();
  }

  /** As SIGCONT: timers that fell due meanwhile fire at once, and the clock shows how late it is. */
  resume(): Promise<void> {
    this.#current?.life.resume();
    return Promise.resolve();
  }

  /** Kills it where it still lives, and starts it on the same address with the same environment. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /**
   * Lets it end by itself; where it cannot, it is killed.
   *
   * @throws GamedayError `deadline` when its `stop` does not return in time
   */
  async stop(): Promise<void> {
    const { clock, calls } = this.#settings;
    const current = this.#current;
    try {
      if (current?.life.state !== 'running') return;
      const { life, target } = current;
      const stopping = life.run(async () => target.stop());
      await withDeadline(clock, stopping, { what: 'stop() of the target to return', limitMs: stopWithinMs })
        .catch((cause: unknown) => {
          // Who ends by `process.exit` there has stopped.
          if (life.state !== 'dead') throw cause;
        })
        .finally(() => calls?.leave(owner, () => life.underway()));
    } finally {
      await this.kill();
    }
  }

  #died(life: ProcessLife, how: string): void {
    this.#death ??= { how, atMs: this.#settings.clock.now() };
    // It may be one that is still being made, and listens nowhere.
    if (this.#current?.life === life) void this.kill();
    else life.kill();
  }

  #check(target: Partial<InProcessTarget> | undefined): void {
    const missing = (['fetch', 'stop'] as const).filter((key) => typeof target?.[key] !== 'function');
    if (missing.length > 0)
      throw this.#notMade(`gave something without ${missing.map((key) => `${key}()`).join(' and ')}`);
  }

  #notMade(why: string, cause?: unknown): GamedayError {
    return new GamedayError(
      'bad-config',
      `${this.#settings.name ?? 'The target'} could not be started: what makes it (CreateTarget) ${why}`,
      { cause },
    );
  }
}
