import type { Clock, Timer } from '../kit/clock.ts';
import { seededRandom, type Random } from '../kit/random.ts';
import { ActiveToxic, type Direction, type ToxicEnding, type ToxicRequest, type ToxicView } from './active-toxic.ts';
import { messageOf } from '../kit/errors.ts';
import { formatAddress, resolveAddress } from './address.ts';
import { apiErrors } from './api-error.ts';
import { checkAtProxy } from './check-at-proxy.ts';
import { DecisionLog } from './decision-log.ts';
import { Lease } from './lease.ts';
import type { LinkCount, LinkCounts } from './link-counts.ts';
import type { Trace } from './log-level.ts';
import type { ConnectionContext, LiveConnection, OpenPort, Port } from './port.ts';
import type { ProxyTraffic, ProxyView } from './proxy-view.ts';
import { inTime, openedInTime } from './opened-in-time.ts';
import { mostToxics, type ToxicChange } from './requests.ts';
import { rehearse, type Rehearsed, type RehearsalRequest } from './rehearsal.ts';
import type { Authority } from './tls/authority.ts';
import type { TlsSettings } from './tls/tls-settings.ts';
import type { SharedByServer } from './toxics/toxic.ts';
import type { DoorState } from './toxics/toxic.ts';
import { tryAll } from './try-all.ts';

/** How often a door that could not be opened is tried again. */
const retryMs = 250;

export interface FaultProxySettings {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Decides in place of `random`. */
  readonly seed?: number | undefined;
  readonly log: (line: string) => void;
  /** Default nobody is told. */
  readonly trace?: Trace | undefined;
  readonly openPort: OpenPort;
  /** Default on no side. */
  readonly tls?: TlsSettings | undefined;
  readonly authority: Authority;
  readonly linkCounts: LinkCounts;
  readonly shared: SharedByServer;
  /** How many decisions of each toxic are kept; default none. */
  readonly decisionLimit?: (() => number | undefined) | undefined;
}

/** Where a proxy listens and leads to, and on which sides it speaks TLS. */
export type ProxyPlace = Pick<FaultProxySettings, 'listen' | 'upstream' | 'tls'>;

/** A listening port, the connections through it, and the toxics that are done to them. */
export class FaultProxy {
  readonly name: string;
  readonly #settings: FaultProxySettings;
  readonly #connections = new Set<LiveConnection>();
  #toxics: ActiveToxic[] = [];
  /** Of the toxics that have one of their own. */
  readonly #leases = new Map<ActiveToxic, Lease>();
  readonly #random: Random;
  #place: ProxyPlace;
  #port: Port | undefined;
  /** Resolves when the port that is being opened is open, or could not be. */
  #opening: Promise<void> | undefined;
  /** Of the link that it is while its port is open. */
  #count: LinkCount | undefined;
  /** Resolves when the port that it had last is free. */
  #freed: Promise<void> = Promise.resolve();
  #retry: Timer | undefined;
  #isStopped = false;
  #accepted = 0;
  #dropped = 0;
  /** The upstream, when it was dialled last. */
  #isUnreachable = false;
  readonly #sent: Record<Direction, number> = { upstream: 0, downstream: 0 };
  readonly #received: Record<Direction, number> = { upstream: 0, downstream: 0 };

  constructor(settings: FaultProxySettings) {
    this.name = settings.name;
    this.#settings = settings;
    this.#random = settings.seed === undefined ? settings.random : seededRandom(settings.seed);
    const { listen, upstream, tls } = settings;
    this.#place = { listen, upstream, tls };
  }

  get enabled(): boolean {
    return this.#port !== undefined;
  }

  get toxics(): readonly ActiveToxic[] {
    return this.#toxics;
  }

  view(): ProxyView {
    const toxics = this.toxicViews();
    const { listen, upstream, tls } = this.#place;
    const { seed } = this.#settings;
    return {
      ...{ name: this.name, listen, upstream, enabled: this.enabled },
      ...{ ...(tls === undefined ? {} : { tls }), ...(seed === undefined ? {} : { seed }), toxics },
    };
  }

  /** The toxics to the upstream first, then those to the client, each in the order of the chain. */
  toxicViews(): readonly ToxicView[] {
    const inDirection = (direction: Direction): ToxicView[] =>
      this.#toxics.filter((toxic) => toxic.direction === direction).map((toxic) => toxic.view());
    return [...inDirection('upstream'), ...inDirection('downstream')];
  }

  traffic(): ProxyTraffic {
    const { upstream: bytesUpstream, downstream: bytesDownstream } = this.#sent;
    const { upstream: receivedUpstream, downstream: receivedDownstream } = this.#received;
    return {
      ...{ connections: this.#accepted, connectionsOpen: this.#connections.size, connectionsDropped: this.#dropped },
      ...{ bytesUpstream, bytesDownstream, receivedUpstream, receivedDownstream },
    };
  }

  /**
   * Opens the port, as far as toxics let it be open; `listen` is then the address that it got. Throws an ApiError 500 when that is not possible.
   */
  async enable(): Promise<void> {
    if (!this.#port) {
      const opening = this.#open();
      this.#opening = opening.catch(() => undefined).finally(() => (this.#opening = undefined));
      await opening;
    }
    await this.doorTurned();
  }

  /** Resolves when the door is as the toxics have it. Throws an ApiError 500 where that is not possible yet; it goes on being tried. */
  async doorTurned(): Promise<void> {
    // A port takes its time to open, in the state that was wanted when it began.
    if (this.#opening) await this.#opening;
    await this.#port?.turn(this.#doorWanted());
  }

  async #open(): Promise<void> {
    const { log, authority, linkCounts, clock } = this.#settings;
    // It may be the one that is to be opened.
    await this.#freed;
    const opening = this.#settings.openPort({
      listen: this.#place.listen,
      upstream: () => this.#place.upstream,
      door: this.#doorWanted(),
      tls: this.#place.tls && { settings: this.#place.tls, authority },
      accept: (make) => this.#accept(make),
      log: (line) => log(`proxy "${this.name}": ${line}`),
    });
    const port = await openedInTime(clock, opening, this.#place.listen);
    if (this.#isStopped) {
      await port.close();
      throw apiErrors.stopped();
    }
    this.#port = port;
    this.#place = { ...this.#place, listen: port.address };
    const { listen, upstream } = this.#place;
    this.#countAs(linkCounts.open({ proxy: this.name, listener: listen, upstream }));
    this.#settings.trace?.(`proxy "${this.name}": listens on ${listen} and leads to ${upstream}`, 'info');
  }

  /**
   * Closes the port and drops the live connections, slice by slice where there are many. Nobody gets through the port from now on, and it is free
   * when this resolves. `next` is where it will be when it is enabled again.
   */
  disable(next?: ProxyPlace): Promise<void> {
    const live = [...this.#connections];
    tryAll([() => this.#shut(), () => this.#drop(live), () => this.#countAs(undefined)]);
    if (next) {
      this.#place = next;
      this.#isUnreachable = false;
    }
    return this.#freed;
  }

  /** As `disable`, for good: a port that is being opened is closed as soon as it is open. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.disable();
  }

  /**
   * Takes over new addresses, enabled after it; the live connections are dropped. Where the new port cannot be opened, everything stays as it was, the
   * live connections too, and an ApiError 500 is thrown.
   */
  async move(place: ProxyPlace): Promise<void> {
    const { enabled, ...old } = { enabled: this.enabled, ...this.#place };
    const live = [...this.#connections];
    // Its own port may be the one that is in the way, on another host.
    this.#shut();
    this.#place = place;
    try {
      await this.enable();
    } catch (cause) {
      this.#shut();
      this.#place = old;
      if (enabled) await this.#enableAgain();
      else this.#countAs(undefined);
      throw cause;
    }
    this.#drop(live);
    this.#isUnreachable = false;
  }

  async #enableAgain(): Promise<void> {
    try {
      await this.enable();
    } catch (cause) {
      this.#settings.log(`proxy "${this.name}": could not go back to ${this.#place.listen}: ${messageOf(cause)}`);
      await this.disable();
    }
  }

  #shut(): void {
    this.#retry?.cancel();
    const port = this.#port;
    if (!port) return;
    this.#port = undefined;
    this.#settings.trace?.(`proxy "${this.name}": listens no more`, 'info');
    this.#freed = Promise.resolve(port.close());
  }

  #countAs(next: LinkCount | undefined): void {
    if (this.#count && this.#count !== next) this.#settings.linkCounts.close(this.#count);
    this.#count = next;
  }

  /**
   * Whether `listen` (looked up, so that a name is another than the address that it stands for), `upstream` or `tls` is another than now. Throws an
   * ApiError 500 for a `listen` that leads to no address, as Toxiproxy does, whatever the others are.
   */
  async differs({ listen, upstream, tls }: ProxyPlace): Promise<boolean> {
    const resolved = formatAddress(await inTime(this.#settings.clock, resolveAddress(listen), listen));
    const now = this.#place;
    return resolved !== now.listen || upstream !== now.upstream || JSON.stringify(tls) !== JSON.stringify(now.tls);
  }

  #drop(connections: readonly LiveConnection[]): void {
    this.#settings.shared.pacer.each(connections, (connection) => {
      // Others have ended by themselves meanwhile.
      if (!this.#connections.delete(connection)) return;
      this.#dropped += 1;
      try {
        connection.close();
      } catch (cause) {
        this.#settings.log(`proxy "${this.name}": could not close a connection: ${messageOf(cause)}`);
      }
    });
  }

  toxic(name: string): ActiveToxic {
    const found = this.#toxics.find((toxic) => toxic.name === name);
    if (!found)
      throw apiErrors.toxicNotFound(
        name,
        this.name,
        this.#toxics.map((toxic) => toxic.name),
      );
    return found;
  }

  addToxic(request: ToxicRequest): ActiveToxic {
    if (this.#toxics.some((toxic) => toxic.name === request.name)) throw apiErrors.toxicExists();
    if (this.#toxics.length >= mostToxics) throw apiErrors.tooManyToxics(mostToxics);
    checkAtProxy(request, { others: this.#toxics, tls: this.#place.tls });
    const { clock, shared } = this.#settings;
    const toxic = new ActiveToxic(this.name, request, clock, shared);
    const decisionLimit = this.#settings.decisionLimit?.();
    if (decisionLimit !== undefined) toxic.decisionLog = new DecisionLog(decisionLimit);
    this.#toxics.push(toxic);
    this.#holdLease(toxic);
    this.#apply(toxic, (connection) => connection.add(toxic));
    return toxic;
  }

  /** What will be left to chance on connections that are yet to come, and how it will come out. */
  rehearse(toxic: ActiveToxic, request: RehearsalRequest): Promise<Rehearsed> {
    const { from = this.#accepted + 1 } = request;
    const chanceOf = (connection: number): Random => this.#chanceOf(toxic, connection);
    return rehearse(toxic, { ...request, from }, { clock: this.#settings.clock, chanceOf });
  }

  /** A heartbeat: the leases of its toxics begin anew. */
  renewLeases(): void {
    for (const toxic of this.#leases.keys()) this.renewLease(toxic);
  }

  /** Of one toxic, where it has one. */
  renewLease(toxic: ActiveToxic): void {
    this.#leases.get(toxic)?.renew(toxic.leaseMs ?? 0);
  }

  /** Puts changed attributes or a changed toxicity to work on the live connections; a lease begins anew. Throws an ApiError 400 for another seed. */
  changeToxic(toxic: ActiveToxic, change: ToxicChange): void {
    if (change.seed !== undefined && change.seed !== toxic.seed) throw apiErrors.fixedSeed();
    toxic.attributes = change.attributes;
    toxic.toxicity = change.toxicity;
    if (change.leaseMs !== undefined) {
      toxic.leaseMs = change.leaseMs;
      this.#holdLease(toxic);
    }
    this.#apply(toxic, (connection) => connection.update(toxic));
  }

  removeToxic(toxic: ActiveToxic, ended: ToxicEnding): void {
    this.#toxics = this.#toxics.filter((other) => other !== toxic);
    this.#leases.get(toxic)?.cancel();
    this.#leases.delete(toxic);
    toxic.finish(ended);
    this.#apply(toxic, (connection) => connection.remove(toxic));
  }

  removeAllToxics(ended: ToxicEnding): void {
    for (const toxic of this.#toxics) this.removeToxic(toxic, ended);
  }

  #holdLease(toxic: ActiveToxic): void {
    this.#leases.get(toxic)?.cancel();
    if (toxic.leaseMs === undefined) return;
    const lease = new Lease(this.#settings.clock, () => this.removeToxic(toxic, 'lease lapsed'));
    lease.renew(toxic.leaseMs);
    this.#leases.set(toxic, lease);
  }

  #apply(toxic: ActiveToxic, work: (connection: LiveConnection) => void): void {
    if (toxic.kind.door) this.#turnDoor();
    else this.#settings.shared.pacer.each(this.#connections, work);
  }

  #doorWanted(): DoorState {
    const wanted = this.#toxics.map(({ door }) => door);
    // A connect that is dropped is not refused any more.
    if (wanted.includes('silent')) return 'silent';
    return wanted.includes('refusing') ? 'refusing' : 'open';
  }

  #turnDoor(): void {
    this.#retry?.cancel();
    this.doorTurned().catch((cause: unknown) => {
      this.#settings.log(`proxy "${this.name}": could not turn its door: ${messageOf(cause)}`);
      this.#retry = this.#settings.clock.setTimer(() => this.#turnDoor(), retryMs);
    });
  }

  /** Once, until it is reached again. */
  #tellOfUpstream(failure: Error | undefined): void {
    if (failure && !this.#isUnreachable)
      this.#settings.log(
        `proxy "${this.name}": could not reach its upstream "${this.#place.upstream}": ${reasonOf(failure)}`,
      );
    this.#isUnreachable = failure !== undefined;
  }

  /** Chance of a toxic on the connection of that number: no other decision shifts it, and no other toxic has it, also with the same seed. */
  #chanceOf({ name, seed }: ActiveToxic, number: number): Random {
    const random = seed === undefined ? this.#random : seededRandom(seed);
    return random.fork([this.name, name, number].map(withoutSlash).join('/'));
  }

  #accept(make: (context: ConnectionContext) => LiveConnection | undefined): void {
    this.#accepted += 1;
    const number = this.#accepted;
    const { clock, trace } = this.#settings;
    trace?.(`proxy "${this.name}": connection ${number} has come`, 'info');
    const count = this.#count;
    const connection = make({
      clock,
      meet: (toxic) => toxic.meet(number, this.#chanceOf(toxic, number)),
      passed: (direction, bytes) => {
        this.#sent[direction] += bytes;
        if (count) count.sent[direction] += bytes;
      },
      came: (direction, bytes) => {
        this.#received[direction] += bytes;
        if (count) count.received[direction] += bytes;
      },
      reached: (failure) => this.#tellOfUpstream(failure),
      over: () => {
        if (connection) this.#connections.delete(connection);
      },
    });
    if (!connection) return;
    this.#connections.add(connection);
    for (const toxic of this.#toxics) if (!toxic.kind.door) connection.add(toxic);
  }
}

/** Where several addresses were tried, as those of localhost, the error of them all says nothing itself. */
function reasonOf(failure: Error): string {
  const isOfAll = failure instanceof AggregateError && failure.message === '';
  return isOfAll ? failure.errors.map(messageOf).join('; ') : messageOf(failure);
}

/** So that names with slashes share no chance with others. */
function withoutSlash(name: string | number): string {
  return String(name).replaceAll('%', '%25').replaceAll('/', '%2F');
}
