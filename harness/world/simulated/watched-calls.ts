import type { Clock } from '../../kit/clock.ts';
import type { Activity, Thrown, Unsettled } from '../activity.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Handler } from './simulated-connection.ts';

interface WatchedCall {
  readonly who: string;
  readonly request: Request;
  readonly sinceMs: number;
}

/** How many calls are remembered. */
const remembered = 10;

/** What still answers or is waited for gets this long to end, once its owner has been stopped. */
const graceMs = 1000;

/** Watches the calls that come to handlers. References are all that it keeps of one: there are thousands a second. */
export class WatchedCalls implements Activity {
  readonly #clock: Clock;
  readonly #network: SimulatedNetwork;
  readonly #open = new Set<WatchedCall>();
  readonly #last: WatchedCall[] = [];
  readonly #leftBehind: Unsettled[] = [];
  readonly #thrown = new Map<string, { count: number; readonly first: unknown }>();
  #seen = 0;

  constructor(clock: Clock, network: SimulatedNetwork) {
    this.#clock = clock;
    this.#network = network;
  }

  /** The handler, watched in the name of its owner. */
  watch(who: string, handler: Handler): Handler {
    return (request) => {
      const call: WatchedCall = { who, request, sinceMs: this.#clock.now() };
      this.#last[this.#seen++ % remembered] = call;
      const answer = handler(request);
      if (!(answer instanceof Promise)) return answer;
      this.#open.add(call);
      const over = (): void => void this.#open.delete(call);
      answer.then(over, over);
      return answer;
    };
  }

  /** Notes what its owner leaves behind, whose own requests `sent` gives. It has a second to end by itself. */
  async leave(who: string, sent: () => readonly Unsettled[] = () => []): Promise<void> {
    const left = (): Unsettled[] => [...this.#calls(who), ...sent().map((one) => ({ ...one, who }))];
    if (left().length === 0) return;
    await this.#clock.sleep(graceMs);
    this.#leftBehind.push(...left());
  }

  /** Notes what was thrown in place of an answer. */
  threw(who: string, cause: unknown): void {
    const known = this.#thrown.get(who);
    if (known) known.count += 1;
    else this.#thrown.set(who, { count: 1, first: cause });
  }

  thrown(): readonly Thrown[] {
    return [...this.#thrown].map(([who, { count, first }]) => ({ who, count, first }));
  }

  underway(): readonly Unsettled[] {
    return [...this.#calls(), ...this.#network.underway()];
  }

  leftBehind(): readonly Unsettled[] {
    return this.#leftBehind;
  }

  lastCalls(): readonly Unsettled[] {
    const from = this.#seen % remembered;
    return [...this.#last.slice(from), ...this.#last.slice(0, from)].map(described);
  }

  #calls(who?: string): Unsettled[] {
    return [...this.#open].filter((call) => who === undefined || call.who === who).map(described);
  }
}

function described({ who, request, sinceMs }: WatchedCall): Unsettled {
  return { kind: 'call', who, request: `${request.method} ${new URL(request.url).pathname}`, sinceMs };
}
