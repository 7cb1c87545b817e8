import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** What every machine has, and what needs nobody to be asked: IPv4 first, as Go takes it. */
const localhost: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

type Answer = (cause: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

/** How names become addresses; default as the system does it. */
export type LookUpAll = (name: string, answer: Answer) => void;

/**
 * Addresses of upstreams. The system looks up a few names at a time for the whole process, and one that nobody answers takes it many seconds: so connections
 * that want the same name wait for one lookup together, and names that do not resolve are as many of those few as there are names, not as there are
 * clients.
 */
export class Lookups {
  readonly #lookUp: LookUpAll;
  readonly #waiting = new Map<string, Answer[]>();

  constructor(lookUpAll: LookUpAll = ofSystem) {
    this.#lookUp = lookUpAll;
  }

  /** For `lookup` of a socket. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    this.#find(name.toLowerCase(), (cause, found) => {
      const wanted = found.filter(({ family }) => isWanted(family, options));
      const [first] = wanted;
      if (cause) callback(cause, '');
      else if (!first) callback(notFound(name), '');
      else if (options.all === true) callback(null, [...wanted]);
      else callback(null, first.address, first.family);
    });
  };

  #find(name: string, answer: Answer): void {
    if (name === 'localhost') {
      // Not before the socket expects it.
      queueMicrotask(() => answer(null, localhost));
      return;
    }
    const waiting = this.#waiting.get(name);
    if (waiting) {
      waiting.push(answer);
      return;
    }
    const all = [answer];
    this.#waiting.set(name, all);
    this.#lookUp(name, (cause, addresses) => {
      this.#waiting.delete(name);
      for (const one of all) one(cause, addresses);
    });
  }
}

function ofSystem(name: string, answer: Answer): void {
  lookUp(name, { all: true }, (cause, addresses) => answer(cause, cause ? [] : addresses));
}

function isWanted(family: number, { family: asked = 0 }: LookupOptions): boolean {
  return asked === 0 || asked === family || asked === `IPv${family}`;
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name });
}
