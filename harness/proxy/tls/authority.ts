import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../../kit/clock.ts';
import { randomHex, type Random } from '../../kit/random.ts';
import type { CertificateFlaw } from './handshake-fault.ts';
import { issue, makeKeys, makeRoot, privateKeyOf, type Root, type Validity } from './issue.ts';

const dayMs = 86_400_000;

/** Certificates that are kept ready; the oldest go first. */
const contextLimit = 200;

/** What no client asks for. */
const wrongName = 'wrong-name.invalid';

export interface AuthorityKeys {
  /** Trusted by those who trust the authority. */
  readonly root: Root;
  /** Signs what is to be of an authority that nobody knows. */
  readonly stranger: Root;
  readonly server: Awaited<ReturnType<typeof makeKeys>>;
}

/**
 * The certificate authority of a proxy server, made when it is first needed. Its private keys stay in the memory of this process. Serial
 * numbers are of the server's seed; keys are not.
 */
export class Authority {
  readonly #clock: Clock;
  readonly #random: Random;
  #keys: Promise<AuthorityKeys> | undefined;
  readonly #contexts = new Map<string, Promise<SecureContext>>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Its own certificate in PEM: what clients have to trust. */
  async certificate(): Promise<string> {
    return (await this.#ready()).root.pem;
  }

  /** What a server needs to present a certificate of these names. The same one is given out again while it is among the last 200. */
  context(names: readonly string[], flaw?: CertificateFlaw): Promise<SecureContext> {
    const key = JSON.stringify([flaw ?? null, ...names]);
    const known = this.#contexts.get(key);
    if (known) return known;
    const made = this.freshContext(names, flaw);
    this.#contexts.set(key, made);
    made.catch(() => this.#contexts.delete(key));
    const oldest = this.#contexts.keys().next();
    if (this.#contexts.size > contextLimit && oldest.value !== undefined) this.#contexts.delete(oldest.value);
    return made;
  }

  /** One that nobody else has: a session is resumed only where it began. */
  async freshContext(names: readonly string[], flaw?: CertificateFlaw): Promise<SecureContext> {
    const { root, stranger, server } = await this.#ready();
    const issuers = { self_signed: undefined, unknown_authority: stranger };
    const certificate = await issue({
      names: flaw === 'wrong_name' ? [wrongName] : names,
      valid: this.#validity(flaw),
      serial: this.#serial(),
      keys: server,
      issuer: flaw === 'self_signed' || flaw === 'unknown_authority' ? issuers[flaw] : root,
    });
    return createSecureContext({ cert: certificate, key: privateKeyOf(server) });
  }

  #ready(): Promise<AuthorityKeys> {
    if (this.#keys) return this.#keys;
    const keys = this.#make();
    this.#keys = keys;
    // What has failed once may be had the next time.
    keys.catch(() => (this.#keys = undefined));
    return keys;
  }

  async #make(): Promise<AuthorityKeys> {
    const nowMs = this.#clock.now();
    const valid = { fromMs: nowMs - dayMs, toMs: nowMs + 3650 * dayMs };
    // Two authorities of one name would be taken for one by clients that have met both.
    const [rootSerial, strangerSerial] = [this.#serial(), this.#serial()];
    const [root, stranger, server] = await Promise.all([
      makeRoot(`gameday authority ${rootSerial.slice(-8)}`, rootSerial, valid),
      makeRoot(`unknown authority ${strangerSerial.slice(-8)}`, strangerSerial, valid),
      makeKeys(),
    ]);
    return { root, stranger, server };
  }

  #validity(flaw: CertificateFlaw | undefined): Validity {
    const nowMs = this.#clock.now();
    if (flaw === 'expired') return { fromMs: nowMs - 90 * dayMs, toMs: nowMs - dayMs };
    if (flaw === 'not_yet_valid') return { fromMs: nowMs + dayMs, toMs: nowMs + 90 * dayMs };
    // A year, since clients refuse more; a day back, since their clocks may be behind.
    return { fromMs: nowMs - dayMs, toMs: nowMs + 365 * dayMs };
  }

  /** Positive, whatever is drawn. */
  #serial(): string {
    return `01${randomHex(this.#random, 15)}`;
  }
}
