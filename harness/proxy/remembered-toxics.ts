import type { ActiveToxic } from './active-toxic.ts';
import { apiErrors } from './api-error.ts';

/** Toxics that are kept of those that have gone, the oldest go first: a page of metrics that shows them is made in one go. */
const mostGone = 500;

/** All toxics that there are and were lately. */
export class RememberedToxics {
  /** The oldest first. */
  readonly #all = new Set<ActiveToxic>();
  /** The last one of each proxy and name. */
  readonly #last = new Map<string, ActiveToxic>();

  /** The oldest first. */
  get all(): Iterable<ActiveToxic> {
    return this.#all;
  }

  add(toxic: ActiveToxic): ActiveToxic {
    this.#all.add(toxic);
    this.#last.set(keyOf(toxic.proxy, toxic.name), toxic);
    if (this.#all.size <= mostGone) return toxic;
    const gone = [...this.#all].filter(({ isOver }) => isOver);
    for (const oldest of gone.slice(0, Math.max(0, gone.length - mostGone))) {
      this.#all.delete(oldest);
      const key = keyOf(oldest.proxy, oldest.name);
      if (this.#last.get(key) === oldest) this.#last.delete(key);
    }
    return toxic;
  }

  /** The last one of that name. Throws an ApiError 404 where there was none. */
  last(proxyName: string, toxicName: string): ActiveToxic {
    const toxic = this.#last.get(keyOf(proxyName, toxicName));
    if (toxic) return toxic;
    const known = [...this.#last.values()];
    const names = known.filter(({ proxy }) => proxy === proxyName).map(({ name }) => name);
    throw apiErrors.receiptNotFound(toxicName, proxyName, {
      proxies: [...new Set(known.map(({ proxy }) => proxy))],
      names,
    });
  }
}

/** Names may hold any character, a slash too. */
function keyOf(proxy: string, toxic: string): string {
  return JSON.stringify([proxy, toxic]);
}
