import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Authority } from './authority.ts';
import type { CertificateFlaw } from './handshake-fault.ts';
import { isName } from './tls-settings.ts';

/** How many names beside those of the port are answered with a certificate of theirs is bounded by the authority. */
const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * The certificates of one port. Each handshake begins with a context that lives as long as the port, since the tickets of a session are
 * opened by the context that made them. One for each flaw, so that nobody resumes a session past a certificate that is wrong now.
 */
export class PortContexts {
  readonly #authority: Authority;
  readonly #names: readonly string[];
  readonly #first = new Map<CertificateFlaw | undefined, Promise<SecureContext>>();

  /** @param names hosts that all its certificates name, beside those of loopback */
  constructor(authority: Authority, names: readonly string[]) {
    this.#authority = authority;
    this.#names = [...new Set([...loopback, ...names])];
  }

  /** What a handshake begins with; the certificate in it is for clients that ask for no name. */
  first(flaw?: CertificateFlaw): Promise<SecureContext> {
    let context = this.#first.get(flaw);
    if (!context) {
      context = this.#authority.freshContext(this.#names, flaw);
      this.#first.set(flaw, context);
      context.catch(() => this.#first.delete(flaw));
    }
    return context;
  }

  /** What names the host that a client asks for; undefined where the first one does, or where no certificate could. */
  async named(name: string, flaw?: CertificateFlaw): Promise<SecureContext | undefined> {
    const host = name.toLowerCase();
    if (this.#names.includes(host) || flaw === 'wrong_name' || !isName(host) || isIP(host) !== 0) return undefined;
    return this.#authority.context([host, ...this.#names], flaw);
  }
}
