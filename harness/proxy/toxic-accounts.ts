import type { ActiveToxic } from './active-toxic.ts';
import { apiErrors } from './api-error.ts';
import { DecisionLog } from './decision-log.ts';

/** Accounts that are kept of toxics that have gone, the oldest go first: a page of metrics that shows them is made in one go. */
const accountLimit = 500;

/** The toxics that there are and were lately, with what they have done. */
export class ToxicAccounts {
  /** The oldest first, and the last one of each proxy and name. */
  readonly #toxics = new Set<ActiveToxic>();
  readonly #last = new Map<string, ActiveToxic>();
  #decisionLimit: number | undefined;

  get decisionLimit(): number | undefined {
    return this.#decisionLimit;
  }

  all(): readonly ActiveToxic[] {
    return [...this.#toxics];
  }

  /** The last toxic of that name, also after it or its proxy is gone. Throws an ApiError 404 where there never was one. */
  of(proxyName: string, toxicName: string): ActiveToxic {
    const toxic = this.#last.get(accountKey(proxyName, toxicName));
    if (!toxic) {
      const proxies = [...new Set([...this.#last.values()].map(({ proxy }) => proxy))];
      throw apiErrors.receiptNotFound(toxicName, proxyName, { proxies, names: this.#namesAt(proxyName) });
    }
    return toxic;
  }

  keep(toxic: ActiveToxic): ActiveToxic {
    this.#toxics.add(toxic);
    this.#last.set(accountKey(toxic.proxy, toxic.name), toxic);
    if (this.#toxics.size <= accountLimit) return toxic;
    const gone = [...this.#toxics].filter(({ isOver }) => isOver);
    for (const oldest of gone.slice(0, Math.max(0, gone.length - accountLimit))) {
      this.#toxics.delete(oldest);
      const key = accountKey(oldest.proxy, oldest.name);
      if (this.#last.get(key) === oldest) this.#last.delete(key);
    }
    return toxic;
  }

  /** Of each toxic the last `limit` decisions from now on; undefined: none, and those that were kept are forgotten. */
  keepDecisions(limit: number | undefined): void {
    this.#decisionLimit = limit;
    for (const toxic of this.#toxics) toxic.decisionLog = limit === undefined ? undefined : new DecisionLog(limit);
  }

  /** Of the toxics that a proxy has and had. */
  #namesAt(proxyName: string): readonly string[] {
    return [...this.#last.values()].filter(({ proxy }) => proxy === proxyName).map(({ name }) => name);
  }
}

/** Names may hold any character, a slash too. */
function accountKey(proxy: string, toxic: string): string {
  return JSON.stringify([proxy, toxic]);
}
