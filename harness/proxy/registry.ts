import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import type { Random } from '../kit/random.ts';
import type { ActiveToxic, ToxicAccount, ToxicEnding, ToxicRequest } from './active-toxic.ts';
import { resolveAddress } from './address.ts';
import { ApiError, apiErrors } from './api-error.ts';
import type { DecisionLog } from './decision-log.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Lease } from './lease.ts';
import { LinkCounts } from './link-counts.ts';
import type { Trace } from './log-level.ts';
import { Pacer } from './pacer.ts';
import { inTime } from './opened-in-time.ts';
import type { OpenPort } from './port.ts';
import type { ProxyTraffic, ProxyView } from './proxy-view.ts';
import type { ProxyChange, ProxyRequest } from './requests.ts';
import { socketPorts } from './socket-port.ts';
import { Authority } from './tls/authority.ts';
import { ToxicAccounts } from './toxic-accounts.ts';
import { HeldTogether } from './toxics/held-together.ts';
import type { SharedByServer } from './toxics/toxic.ts';
import { tryAll } from './try-all.ts';
import { TurnsByName } from './turns-by-name.ts';
import { Turns } from './turns.ts';

/** How often a port that somebody else has taken meanwhile is tried again when healing. */
const retryMs = 250;

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
  readonly #proxies = new Map<string, FaultProxy>();
  /** Those whose port is being opened for the first time. */
  readonly #making = new Set<FaultProxy>();
  /** Of all proxies together. */
  readonly #shared: SharedByServer;
  readonly #accounts = new ToxicAccounts();
  /** Changes to the port of a proxy come one after another. Toxics never wait for them, nor do other proxies: a port may be long in opening. */
  readonly #turns = new TurnsByName();
  /** How often all have been healed. */
  #healings = 0;
  #stopping: Promise<void> | undefined;
  readonly #openSocketPort = socketPorts();
  /** Proxies whose lease has lapsed, or the server's, and whose port could not be opened yet. */
  readonly #disturbed = new Set<FaultProxy>();
  /** Of the proxies that have one of their own. */
  readonly #leases = new Map<FaultProxy, { readonly lease: Lease; readonly leaseMs: number }>();

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
    this.authority = new Authority(settings.clock, settings.random.fork('authority'));
    this.#shared = { held: new HeldTogether(), pacer: new Pacer(settings.clock, settings.log) };
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
    return this.#inTurn(request.name, async () => {
      if (this.#proxies.has(request.name)) throw apiErrors.proxyExists();
      return this.#viewOf(await this.#start(request));
    });
  }

  /** Applies the entries in order, up to the first that fails. One that is there with the same addresses is left as it is, but for
   * the toxics that the entry names, and its lease. Fails with an ApiError 400 for another seed. */
  async populate(requests: readonly ProxyRequest[]): Promise<PopulateResult> {
    const made: FaultProxy[] = [];
    // As they are in the end: of a name that is there twice, the first has been replaced by then.
    const result = (failure?: ApiError): PopulateResult => ({
      proxies: made.map((proxy) => this.#viewOf(proxy)),
      failure,
    });
    const turns = this.turns();
    const healings = this.#healings;
    for (const request of requests) {
      await turns.pause();
      const ensured = (): Promise<FaultProxy> => {
        // What was asked for before all were healed is healed, too.
        const wanted = healings === this.#healings ? request : { ...request, toxics: [], enabled: true };
        return this.#ensure(wanted);
      };
      try {
        if (this.#proxies.has(request.name)) await this.#lookUp(request.listen);
        made.push(await this.#inTurn(request.name, ensured));
      } catch (cause) {
        return result(cause instanceof ApiError ? cause : new ApiError(500, messageOf(cause)));
      }
    }
    return result();
  }

  async update(name: string, change: ProxyChange): Promise<ProxyView> {
    if (change.listen !== undefined) await this.#lookUp(change.listen);
    return this.#inTurn(name, async () => {
      const proxy = this.get(name);
      const { listen, upstream, enabled, tls } = proxy.view();
      checkSeed(proxy, change);
      const wanted = {
        ...{ listen: change.listen ?? listen, upstream: change.upstream ?? upstream },
        tls: change.tls ?? tls,
      };
      const isMoved = await proxy.differs(wanted);
      const isWanted = change.enabled ?? enabled;
      if (isWanted) await (isMoved ? proxy.move(wanted) : proxy.enable());
      // Only now: a change that is refused leaves it to be healed. And not later: a lease may lapse while the port is let go of.
      if (change.enabled !== undefined) this.#disturbed.delete(proxy);
      if (!isWanted) await proxy.disable(isMoved ? wanted : undefined);
      this.#changeLease(proxy, change);
      return this.#viewOf(proxy);
    });
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(name, async () => {
      const proxy = this.get(name);
      this.#disturbed.delete(proxy);
      const freed = proxy.disable();
      proxy.removeAllToxics('proxy deleted');
      this.#dropLease(proxy);
      this.#proxies.delete(name);
      await freed;
    });
  }

  /**
   * It is at work on new connections when this returns, and on those that are open as far as a slice of the pacer goes; the others follow in the
   * next turns. The door is what `FaultProxy.doorTurned` waits for.
   */
  addToxic(proxyName: string, request: ToxicRequest): ActiveToxic {
    return this.#accounts.keep(this.get(proxyName).addToxic(request));
  }

  /** The account of the last toxic of that name, also after it or its proxy is gone. */
  account(proxyName: string, toxicName: string): ToxicAccount {
    return this.#accounts.of(proxyName, toxicName).account();
  }

  /** Keeps the last `limit` decisions of each toxic from now on; undefined: none, and those that were kept are forgotten. */
  keepDecisions(limit: number | undefined): void {
    this.#accounts.keepDecisions(limit);
  }

  get decisionLimit(): number | undefined {
    return this.#accounts.decisionLimit;
  }

  /** Of the last toxic of that name, also after it or its proxy is gone. Undefined where none were kept. */
  decisions(proxyName: string, toxicName: string): DecisionLog | undefined {
    return this.#accounts.of(proxyName, toxicName).decisionLog;
  }

  accounts(): readonly ToxicAccount[] {
    return this.#accounts.all().map((toxic) => toxic.account());
  }

  /** A heartbeat: the leases of proxies and toxics begin anew. */
  renewLeases(): void {
    for (const proxy of this.#proxies.values()) proxy.renewLeases();
    for (const { lease, leaseMs } of this.#leases.values()) lease.renew(leaseMs);
  }

  /**
   * Removes every toxic, of open connections slice by slice, and then enables every proxy. All are tried; the first failure is thrown at the
   * end. One that is still being made has no toxics from then on, and is not waited for.
   */
  async heal(ended: ToxicEnding): Promise<void> {
    this.#checkRunning();
    this.#removeAllToxics(ended);
    const enabling = [...this.#proxies.keys()].map((name) =>
      // Another may have its name by then.
      this.#inTurn(name, () => this.#proxies.get(name)?.enable()),
    );
    for (const one of await Promise.allSettled(enabling)) if (one.status === 'rejected') throw one.reason;
  }

  /** Removes every toxic and enables every proxy, and goes on with those whose port cannot be opened yet. */
  async healUntilDone(ended: ToxicEnding): Promise<void> {
    this.#removeAllToxics(ended);
    await Promise.all([...this.#proxies.values()].map((proxy) => this.#enableUntilDone(proxy)));
  }

  #removeAllToxics(ended: ToxicEnding): void {
    this.#healings += 1;
    for (const proxy of [...this.#proxies.values(), ...this.#making]) proxy.removeAllToxics(ended);
  }

  /** Until somebody says something else of it. */
  async #enableUntilDone(proxy: FaultProxy): Promise<void> {
    this.#disturbed.add(proxy);
    while (this.#disturbed.has(proxy) && !this.#stopping) {
      await this.#inTurn(proxy.name, () => this.#tryToEnable(proxy)).catch(() => undefined);
      if (this.#disturbed.has(proxy)) await this.#settings.clock.sleep(retryMs);
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

  /**
   * Heals what can be healed at once, and closes everything: nothing is opened after it, and what is being opened is closed as soon as it is. All
   * are tried; the first failure is thrown at the end.
   */
  stop(): Promise<void> {
    this.#stopping ??= Promise.resolve().then(() => this.#stopAll());
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const proxies = [...this.#proxies.values(), ...this.#making];
    this.#proxies.clear();
    const freed: Promise<void>[] = [];
    tryAll(
      proxies.flatMap((proxy) => [
        () => proxy.removeAllToxics('stopped'),
        () => this.#dropLease(proxy),
        () => void freed.push(proxy.stop()),
        () => this.#shared.pacer.finish(),
      ]),
    );
    await Promise.all(freed);
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
    await existing.disable();
    return this.#start(request, existing);
  }

  /** The toxics that are asked for; one that is there already, just so, stays as it is, and its lease begins anew. Others are left alone. */
  async #putInPlace(proxy: FaultProxy, toxics: readonly ToxicRequest[]): Promise<void> {
    let isAtDoor = false;
    for (const request of toxics) {
      const present = proxy.toxics.find(({ name }) => name === request.name);
      if (present?.isAs(request) === true) {
        proxy.renewLease(present);
        continue;
      }
      if (present) proxy.removeToxic(present, 'removed');
      this.#accounts.keep(proxy.addToxic(request));
      if (present?.kind.door ?? request.kind.door) isAtDoor = true;
    }
    if (isAtDoor) await proxy.doorTurned();
  }

  async #start(request: ProxyRequest, replaced?: FaultProxy): Promise<FaultProxy> {
    const { name, listen, upstream, enabled, toxics, tls } = request;
    const { clock, random, log, trace, openPort = this.#openSocketPort } = this.#settings;
    const { seed, leaseMs } = request;
    const { authority, linkCounts } = this;
    const shared = this.#shared;
    const own = { name, listen, upstream, tls, seed, shared, linkCounts };
    const decisionLimit = (): number | undefined => this.#accounts.decisionLimit;
    const proxy = new FaultProxy({ ...own, clock, random, log, trace, openPort, authority, decisionLimit });
    const added: ActiveToxic[] = [];
    this.#making.add(proxy);
    try {
      // The toxics are there before the port opens: no byte gets past them.
      for (const toxic of toxics) added.push(proxy.addToxic(toxic));
      if (enabled) await proxy.enable();
    } catch (cause) {
      // Its port may be open already, and its toxics have leases.
      proxy.removeAllToxics('stopped');
      await proxy.disable();
      throw cause;
    } finally {
      this.#making.delete(proxy);
    }
    replaced?.removeAllToxics('proxy deleted');
    if (replaced) {
      this.#dropLease(replaced);
      this.#disturbed.delete(replaced);
    }
    this.#changeLease(proxy, { leaseMs });
    for (const toxic of added) this.#accounts.keep(toxic);
    this.#proxies.set(name, proxy);
    return proxy;
  }

  #holdLease(proxy: FaultProxy, leaseMs: number): void {
    const lease = new Lease(this.#settings.clock, () => {
      // It is over: no heartbeat begins it again.
      this.#leases.delete(proxy);
      proxy.removeAllToxics('lease lapsed');
      void this.#enableUntilDone(proxy);
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

  /** Before a change whose proxy is there already, so that a reset, which takes its turn behind the change, does not wait for the answer. */
  async #lookUp(listen: string): Promise<void> {
    await inTime(this.#settings.clock, resolveAddress(listen), listen);
  }

  /** Throws an ApiError 503 when everything has been stopped. */
  #inTurn<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(name, () => {
      this.#checkRunning();
      return work();
    });
  }

  #checkRunning(): void {
    if (this.#stopping) throw apiErrors.stopped();
  }
}

/** Throws an ApiError 400 where one is asked for that is not that of the proxy. */
function checkSeed(proxy: FaultProxy, { seed }: Pick<ProxyChange, 'seed'>): void {
  if (seed !== undefined && seed !== proxy.view().seed) throw apiErrors.fixedSeed();
}
