import type { Clock } from '../../../harness/kit/clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { Owners } from '../../../harness/world/simulated/owners.ts';
import { SimulatedProcess } from '../../../harness/world/simulated/simulated-process.ts';
import type { InProcessTarget } from '../../../harness/world/types.ts';

/** Where the process listens. */
export const address = '127.0.0.1:1';

/** What a process has of its own: its timers stand still with it, and its requests end with it. */
export interface Own {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** A process in a simulated network, a store that it can write to, and a slow service that it can call, on the clock of the world. */
export class ProcessGround {
  readonly clock = new VirtualClock();
  readonly network = new SimulatedNetwork(this.clock);
  /** What reached the store, with when. */
  readonly stored: string[] = [];
  /** Calls at the slow service whose caller has gone. */
  hungUp = 0;
  readonly process: SimulatedProcess;
  readonly #owners = new Owners();

  constructor(create: (own: Own, ground: ProcessGround) => InProcessTarget) {
    const { clock, network } = this;
    network.listen(async (request) => {
      this.stored.push(`${await request.text()} at ${clock.now()}`);
      return new Response('stored');
    }, '127.0.0.1:2');
    network.listen(async ({ signal }) => {
      signal.addEventListener('abort', () => (this.hungUp += 1));
      await clock.sleep(500);
      return new Response('slow');
    }, '127.0.0.1:3');
    this.process = new SimulatedProcess({
      ...{ clock, network, owners: this.#owners, address },
      create: (own) => Promise.resolve(create(own, this)),
    });
  }

  readonly sleep = (delayMs: number): Promise<void> => this.clock.sleep(delayMs);

  /** Does it in virtual time, once the process has started. */
  async run(test: () => Promise<void>): Promise<void> {
    const { clock, network } = this;
    const globals = {
      ...{ clock, random: seededRandom(1), limitMs: 60_000 },
      ...{ timers: this.#owners.clock(clock), fetch: this.#owners.fetch(network.fetch) },
    };
    try {
      await withVirtualGlobals(globals, async () => {
        await this.process.start();
        await test();
      });
    } finally {
      await clock.advance(0);
    }
  }

  /** A door on one address that leads to another, as the fault proxy has. Gives how many connections have been opened through it. */
  readonly linkTo = async (upstream: string, listen: string): Promise<() => number> => {
    const { clock } = this;
    let opened = 0;
    await this.network.openPort({
      ...{ listen, upstream: () => upstream, door: 'open', log: () => undefined },
      accept: (make) => {
        opened += 1;
        make({
          ...{ clock, meet: (toxic) => toxic.meet(1, seededRandom(1)) },
          came: () => undefined,
          passed: () => undefined,
          over: () => undefined,
          reached: () => undefined,
        });
      },
    });
    return () => opened;
  };
}

/** Runs what a test does in virtual time, with a process that was made of `create`. */
export function during(
  create: (own: Own, ground: ProcessGround) => InProcessTarget,
  test: (ground: ProcessGround) => Promise<void>,
): Promise<void> {
  const ground = new ProcessGround(create);
  return ground.run(() => test(ground));
}

export const store = (text: string): Promise<Response> => fetch('http://127.0.0.1:2/', { method: 'POST', body: text });
export const call = (path: string): Promise<Response> => fetch(`http://${address}${path}`);
