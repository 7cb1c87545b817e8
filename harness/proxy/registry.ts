import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import type { Random } from '../kit/random.ts';
import type { ActiveToxic, ToxicAccount, ToxicEnding, ToxicRequest } from './active-toxic.ts';
import { ApiError, apiErrors } from './api-error.ts';
import { DecisionLog } from './decision-log.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Lease } from './lease.ts';
import { LinkCounts } from './link-counts.ts';
import type { Trace } from './log-level.ts';
import { Pacer } from './pacer.ts';
import type { OpenPort } from './port.ts';
import type { ProxyTraffic, ProxyView } from './proxy-view.ts';
import type { ProxyChange, ProxyRequest } from './requests.ts';
import { socketPorts } from './socket-port.ts';
import { Authority } from './tls/authority.ts';
import { HeldTogether } from './toxics/held-together.ts';
import { tryAll } from './try-all.ts';
import { Turns } from './turns.ts';

/** How often a port that somebody else has taken meanwhile is tried again when healing. */
const retryMs = 250;

/** Accounts that are kept of toxics that have gone, the oldest go first: a page of metrics that shows them is made in one go. */
const accountLimit = 500;

export interface RegistrySettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** Default nobody is told. */
  readonly trace?: Trace | undefined;
  /** How doors are opened; default TCP ports. */
  readonly openPort?: OpenPort;
}

/** What was applied of a list of proxies, and what stopped it. */
export interface PopulateResult {
  readonly proxies: readonly ProxyView[];
  readonly failure: ApiError | undefined;
}

/** All proxies by name, and what their toxics have done. */
export class Registry {
  readonly #settings: RegistrySettings;
  /** Of all its proxies. */
  readonly authority: Authority;
  /** Of all links that there are and were, as far as they are remembered. */
  readonly linkCounts = new LinkCounts();
  readonly #held = new HeldTogether();
  readonly #proxies = new Map<string, FaultProxy>();
  /** Of all proxies together. */
  readonly #pacer: Pacer;
  /** All toxics that there are and were lately, the oldest first, and the last one of each proxy and name. */
  readonly #toxics = new Set<ActiveToxic>();
  readonly #last = new Map<string, ActiveToxic>();
  /** Changes to ports come one after another; toxics never wait for them. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #decisionLimit: number | undefined;
  readonly #openSocketPort = socketPorts();
  /** Proxies whose lease has lapsed, or the server's, and whose port could not be opened yet. */
  readonly #disturbed = new Set<FaultProxy>();
  /** Of the proxies that have one of their own. */
  readonly #leases = new Map<FaultProxy, { readonly lease: Lease; readonly leaseMs: number }>();

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
    this.authority = new Authority(settings.clock, settings.random.fork('authority'));
    this.#pacer = new Pacer(settings.clock, settings.log);
  }

  /** For a call that may take long. */
  turns(): Turns {
    return new Turns(this.#settings.clock);
  }

  get(name: string): FaultProxy {
    const proxy = this.#proxies.get(name);
    if (!proxy) throw apiErrors.proxyNotFound(name, [...this.#proxies.keys()]);
    return proxy;
  }

  views(): Readonly<Record<string, ProxyView>> {
    return Object.fromEntries([...this.#proxies].map(([name, proxy]) => [name, this.#viewOf(proxy)]));
  }

  /** Throws an ApiError 404 when there is no such proxy. */
  view(name: string): ProxyView {
    return this.#viewOf(this.get(name));
  }

  traffic(): Readonly<Record<string, ProxyTraffic>> {
    return Object.fromEntries([...this.#proxies].map(([name, proxy]) => [name, proxy.traffic()]));
  }

  create(request: ProxyRequest): Promise<ProxyView> {
    return this.#inTurn(async () => {
      if (this.#proxies.has(request.name)) throw apiErrors.proxyExists();
      return this.#viewOf(await this.#start(request));
    });
  }

  /** Applies the entries in order, up to the first that fails. One that is there with the same addresses is left as it is, but for
   * the toxics that the entry names, and its lease. Fails with an ApiError 400 for another seed. */
  populate(requests: readonly ProxyRequest[]): Promise<PopulateResult> {
    return this.#inTurn(async () => {
      const proxies: ProxyView[] = [];
      const turns = this.turns();
      for (const request of requests) {
        await turns.pause();
        try {
          proxies.push(this.#viewOf(await this.#ensure(request)));
        } catch (cause) {
          return { proxies, failure: cause instanceof ApiError ? cause : new ApiError(500, messageOf(cause)) };
        }
      }
      return { proxies, failure: undefined };
    });
  }

  update(name: string, change: ProxyChange): Promise<ProxyView> {
    return this.#inTurn(async () => {
      const proxy = this.get(name);
      const { listen, upstream, enabled, tls } = proxy.view();
      checkSeed(proxy, change);
      if (change.enabled !== undefined) this.#disturbed.delete(proxy);
      const wanted = {
        ...{ listen: change.listen ?? listen, upstream: change.upstream ?? upstream },
        tls: change.tls ?? tls,
      };
      const isMoved = await proxy.differs(wanted);
      if (change.enabled ?? enabled) await (isMoved ? proxy.move(wanted) : proxy.enable());
      else proxy.disable(isMoved ? wanted : undefined);
      this.#changeLease(proxy, change);
      return this.#viewOf(proxy);
    });
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(() => {
      const proxy = this.get(name);
      this.#disturbed.delete(proxy);
      proxy.disable();
      proxy.removeAllToxics('proxy deleted');
      this.#dropLease(proxy);
      this.#proxies.delete(name);
    });
  }

  /**
   * It is at work on new connections when this returns, and on those that are open as far as a slice of the pacer goes; the others follow in the
   * next turns. The door is what `FaultProxy.doorTurned` waits for.
   */
  addToxic(proxyName: string, request: ToxicRequest): ActiveToxic {
    return this.#remember(this.get(proxyName).addToxic(request));
  }

  /** The account of the last toxic of that name, also after it or its proxy is gone. */
  account(proxyName: string, toxicName: string): ToxicAccount {
    return this.#remembered(proxyName, toxicName).account();
  }

  /** Keeps the last `limit` decisions of each toxic from now on; undefined: none, and those that were kept are forgotten. */
  keepDecisions(limit: number | undefined): void {
    this.#decisionLimit = limit;
    for (const toxic of this.#toxics) toxic.decisionLog = limit === undefined ? undefined : new DecisionLog(limit);
  }

  get decisionLimit(): number | undefined {
    return this.#decisionLimit;
  }

  /** Of the last toxic of that name, also after it or its proxy is gone. Undefined where none were kept. */
  decisions(proxyName: string, toxicName: string): DecisionLog | undefined {
    return this.#remembered(proxyName, toxicName).decisionLog;
  }

  accounts(): readonly ToxicAccount[] {
    return [...this.#toxics].map((toxic) => toxic.account());
  }

  /** A heartbeat: the leases of proxies and toxics begin anew. */
  renewLeases(): void {
    for (const proxy of this.#proxies.values()) proxy.renewLeases();
    for (const { lease, leaseMs } of this.#leases.values()) lease.renew(leaseMs);
  }

  /** Removes every toxic, of open connections slice by slice, and then enables every proxy. All are tried; the first failure is thrown at the end. */
  heal(ended: ToxicEnding): Promise<void> {
    this.#removeAllToxics(ended);
    return this.#inTurn(async () => {
      // Also those that were still being made when it was asked for.
      this.#removeAllToxics(ended);
      const tries = await Promise.allSettled([...this.#proxies.values()].map((proxy) => proxy.enable()));
      for (const one of tries) if (one.status === 'rejected') throw one.reason;
    });
  }

  /** Removes every toxic and enables every proxy, and goes on with those whose port cannot be opened yet. */
  async healUntilDone(ended: ToxicEnding): Promise<void> {
    this.#removeAllToxics(ended);
    // Also those that were still being made when it was asked for. Once it has been stopped, there is nothing left to heal.
    const proxies = await this.#inTurn(() => {
      this.#removeAllToxics(ended);
      return [...this.#proxies.values()];
    }).catch(() => []);
    await this.#enableUntilDone(proxies);
  }

  #removeAllToxics(ended: ToxicEnding): void {
    for (const proxy of this.#proxies.values()) proxy.removeAllToxics(ended);
  }

  /** Until somebody says something else of one. */
  async #enableUntilDone(proxies: readonly FaultProxy[]): Promise<void> {
    for (const proxy of proxies) this.#disturbed.add(proxy);
    for (;;) {
      const left = proxies.filter((proxy) => this.#disturbed.has(proxy));
      if (left.length === 0 || this.#isStopped()) return;
      await this.#inTurn(() => Promise.all(left.map((proxy) => this.#tryToEnable(proxy)))).catch(() => undefined);
      if (left.every((proxy) => !this.#disturbed.has(proxy))) return;
      await this.#settings.clock.sleep(retryMs);
    }
  }

  async #tryToEnable(proxy: FaultProxy): Promise<void> {
    if (!this.#disturbed.has(proxy)) return;
    try {
      await proxy.enable();
      this.#disturbed.delete(proxy);
    } catch (cause) {
      this.#settings.log(`could not enable "${proxy.name}" yet: ${messageOf(cause)}`);
    }
  }

  /** Heals what can be healed at once, and closes everything: nothing is opened after it. All are tried; the first failure is thrown at the end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#turn.then(() => {
      const proxies = [...this.#proxies.values()];
      this.#proxies.clear();
      tryAll(
        proxies.flatMap((proxy) => [
          () => proxy.removeAllToxics('stopped'),
          () => this.#dropLease(proxy),
          () => this.#pacer.finish(),
          () => proxy.disable(),
        ]),
      );
    });
    return this.#stopping;
  }

  #viewOf(proxy: FaultProxy): ProxyView {
    const held = this.#leases.get(proxy);
    return { ...proxy.view(), ...(held ? { lease: held.leaseMs / 1000 } : {}) };
  }

  async #ensure(request: ProxyRequest): Promise<FaultProxy> {
    const existing = this.#proxies.get(request.name);
    if (!existing) return this.#start(request);
    if (!(await existing.differs(request))) {
      checkSeed(existing, request);
      await this.#putInPlace(existing, request.toxics);
      this.#changeLease(existing, request);
      return existing;
    }
    // Its port may be the one that the new one wants. If that fails, the old one stays, stopped.
    existing.disable();
    const proxy = await this.#start(request, existing);
    return proxy;
  }

  /** The toxics that are asked for; one that is there already, just so, stays as it is. Others are left alone. */
  async #putInPlace(proxy: FaultProxy, toxics: readonly ToxicRequest[]): Promise<void> {
    let isAtDoor = false;
    for (const request of toxics) {
      const present = proxy.toxics.find(({ name }) => name === request.name);
      if (present?.isAs(request) === true) continue;
      if (present) proxy.removeToxic(present, 'removed');
      this.#remember(proxy.addToxic(request));
      if (present?.kind.door ?? request.kind.door) isAtDoor = true;
    }
    if (isAtDoor) await proxy.doorTurned();
  }

  async #start(request: ProxyRequest, replaced?: FaultProxy): Promise<FaultProxy> {
    const { name, listen, upstream, enabled, toxics, tls } = request;
    const { clock, random, log, trace, openPort = this.#openSocketPort } = this.#settings;
    const { seed, leaseMs } = request;
    const { authority, linkCounts } = this;
    const pacer = this.#pacer;
    const own = { name, listen, upstream, tls, seed, pacer, linkCounts, held: this.#held };
    const decisionLimit = (): number | undefined => this.#decisionLimit;
    const proxy = new FaultProxy({ ...own, clock, random, log, trace, openPort, authority, decisionLimit });
    // The toxics are there before the port opens: no byte gets past them.
    const added = toxics.map((toxic) => proxy.addToxic(toxic));
    try {
      if (enabled) await proxy.enable();
    } catch (cause) {
      // Its port may be open already, and its toxics have leases.
      proxy.removeAllToxics('stopped');
      proxy.disable();
      throw cause;
    }
    replaced?.removeAllToxics('proxy deleted');
    if (replaced) {
      this.#dropLease(replaced);
      this.#disturbed.delete(replaced);
    }
    this.#changeLease(proxy, { leaseMs });
    for (const toxic of added) this.#remember(toxic);
    this.#proxies.set(name, proxy);
    return proxy;
  }

  #holdLease(proxy: FaultProxy, leaseMs: number): void {
    const lease = new Lease(this.#settings.clock, () => {
      // It is over: no heartbeat begins it again.
      this.#leases.delete(proxy);
      proxy.removeAllToxics('lease lapsed');
      void this.#enableUntilDone([proxy]);
    });
    lease.renew(leaseMs);
    this.#leases.set(proxy, { lease, leaseMs });
  }

  /** Begins the one that is asked for, where one is. */
  #changeLease(proxy: FaultProxy, { leaseMs }: Pick<ProxyChange, 'leaseMs'>): void {
    if (leaseMs === undefined) return;
    this.#dropLease(proxy);
    this.#holdLease(proxy, leaseMs);
  }

  #dropLease(proxy: FaultProxy): void {
    this.#leases.get(proxy)?.lease.cancel();
    this.#leases.delete(proxy);
  }

  #remembered(proxyName: string, toxicName: string): ActiveToxic {
    const toxic = this.#last.get(accountKey(proxyName, toxicName));
    if (!toxic) {
      const proxies = [...new Set([...this.#last.values()].map(({ proxy }) => proxy))];
      throw apiErrors.receiptNotFound(toxicName, proxyName, { proxies, names: this.#toxicNames(proxyName) });
    }
    return toxic;
  }

  /** Of the toxics that a proxy has and had. */
  #toxicNames(proxyName: string): readonly string[] {
    return [...this.#last.values()].filter(({ proxy }) => proxy === proxyName).map(({ name }) => name);
  }

  #remember(toxic: ActiveToxic): ActiveToxic {
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

  #isStopped(): boolean {
    return this.#stopping !== undefined;
  }

  /** Throws an ApiError 503 when everything has been stopped, or is about to be. */
  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isStopped()) return Promise.reject(new ApiError(503, 'the fault proxy has been stopped'));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Throws an ApiError 400 where one is asked for that is not that of the proxy. */
function checkSeed(proxy: FaultProxy, { seed }: Pick<ProxyChange, 'seed'>): void {
  if (seed !== undefined && seed !== proxy.view().seed) throw apiErrors.fixedSeed();
}

/** Names may hold any character, a slash too. */
function accountKey(proxy: string, toxic: string): string {
  return JSON.stringify([proxy, toxic]);
}
