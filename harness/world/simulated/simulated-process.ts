import type { TargetControl } from '../host.ts';
import type { InProcessTarget } from '../types.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Owners } from './owners.ts';
import { ProcessLife } from './process-life.ts';
import type { Clock } from '../../kit/clock.ts';

export interface ProcessSettings {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly owners: Owners;
  /** Where it listens, as `host:port`. */
  readonly address: string;
  /** Makes what runs in the process; `life` counts from 1. */
  readonly create: (ground: { clock: Clock; fetch: typeof fetch }, life: number) => Promise<InProcessTarget>;
}

/** A function that is treated as a process: it can be killed, paused and started again. */
export class SimulatedProcess implements TargetControl {
  readonly #settings: ProcessSettings;
  #lives = 0;
  #current: { readonly life: ProcessLife; readonly target: InProcessTarget } | undefined;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** Starts it, and lets it listen. */
  async start(): Promise<void> {
    const { clock, network, owners, address, create } = this.#settings;
    const life = new ProcessLife({ clock, owners, client: network.openClient() });
    const { fetch } = life;
    const number = ++this.#lives;
    const target = await life.run(() => create({ clock: life.clock, fetch }, number));
    this.#current = { life, target };
    network.listen((request) => life.serve(target, request), address);
  }

  /** As SIGKILL. What it had not written is lost, its address refuses, and its connections are closed on both sides. */
  kill(): Promise<void> {
    const { network, address } = this.#settings;
    network.unlisten(address);
    network.cut(address);
    this.#current?.life.kill();
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

  /** Lets it end by itself; where it cannot, it is killed. */
  async stop(): Promise<void> {
    const current = this.#current;
    if (current?.life.state === 'running') await current.life.run(() => current.target.stop());
    await this.kill();
  }
}
