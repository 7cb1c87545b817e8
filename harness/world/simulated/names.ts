import { isIP } from 'node:net';
import { notResolved } from './network-errors.ts';
import type { NetworkClock } from './turns.ts';

/** What a name server says of a name. */
export interface NameAnswer {
  /** An IPv4 address; or why there is none: no such name, or no answer to be had for now. */
  readonly answer: { readonly address: string } | { readonly error: 'ENOTFOUND' | 'EAI_AGAIN' };
  /** How long it takes; default 0. Milliseconds. */
  readonly afterMs?: number;
}

/** The names of a network. Of those that nobody has set, only `localhost` has an address. */
export class Names {
  readonly #clock: NetworkClock;
  readonly #answers = new Map<string, NameAnswer>();

  constructor(clock: NetworkClock) {
    this.#clock = clock;
  }

  /** What is answered from now on; connections that are open stay where they are. */
  set(name: string, answer: NameAnswer): void {
    this.#answers.set(name.toLowerCase(), answer);
  }

  /**
   * The `host:port` behind that of a URL; at once where the host is an address.
   *
   * @throws TypeError as `fetch` does when the name cannot be resolved
   */
  resolve({ host, hostname, port, protocol }: URL): string | Promise<string> {
    if (isIP(hostname) !== 0 || hostname.startsWith('[')) return port ? host : `${host}:${usualPort(protocol)}`;
    const known = this.#answers.get(hostname);
    const { answer, afterMs = 0 } = known ?? unknownName(hostname);
    const give = (): string => {
      if ('error' in answer) throw notResolved(answer.error, hostname);
      return `${answer.address}:${port || usualPort(protocol)}`;
    };
    return afterMs === 0 && this.#clock.interleaves !== true ? give() : this.#clock.sleep(afterMs).then(give);
  }
}

function usualPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

function unknownName(name: string): NameAnswer {
  return { answer: name === 'localhost' ? { address: '127.0.0.1' } : { error: 'ENOTFOUND' } };
}
