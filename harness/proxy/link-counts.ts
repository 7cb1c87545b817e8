import type { Direction } from './active-toxic.ts';

/** Of links that are not open, so many are remembered; those that have been closed longest go first. */
const closedLimit = 1000;

/** What tells a link from others in the metrics, as in Toxiproxy: a proxy that leads to somewhere else is another link. */
export interface LinkLabels {
  readonly proxy: string;
  /** `host:port`, where it really listens. */
  readonly listener: string;
  readonly upstream: string;
}

/** The bytes of a link since the server began. */
export interface LinkCount extends LinkLabels {
  readonly received: Record<Direction, number>;
  readonly sent: Record<Direction, number>;
}

/** The counters of all links, also of those whose proxy has gone: one that is opened again goes on where it was. */
export class LinkCounts {
  readonly #open = new Map<string, LinkCount>();
  readonly #closed = new Map<string, LinkCount>();

  /** The counter of a link that opens. */
  open(labels: LinkLabels): LinkCount {
    const key = keyOf(labels);
    const count = this.#open.get(key) ??
      this.#closed.get(key) ?? {
        ...labels,
        received: { upstream: 0, downstream: 0 },
        sent: { upstream: 0, downstream: 0 },
      };
    this.#closed.delete(key);
    this.#open.set(key, count);
    return count;
  }

  close(count: LinkCount): void {
    const key = keyOf(count);
    if (this.#open.get(key) !== count) return;
    this.#open.delete(key);
    // Toxiproxy names no link that nothing has come through.
    if (count.received.upstream + count.received.downstream === 0) return;
    this.#closed.set(key, count);
    const [oldest] = this.#closed.keys();
    if (this.#closed.size > closedLimit && oldest !== undefined) this.#closed.delete(oldest);
  }

  all(): readonly LinkCount[] {
    return [...this.#open.values(), ...this.#closed.values()];
  }
}

/** Names may hold any character. */
function keyOf({ proxy, listener, upstream }: LinkLabels): string {
  return JSON.stringify([proxy, listener, upstream]);
}
