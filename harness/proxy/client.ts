import { GamedayError } from '../kit/errors.ts';
import type { Caller } from '../kit/fetch-within.ts';
import { askText, ProxyRefusal } from './call-api.ts';
import { ProxyClient } from './proxy-client.ts';
import type { ToxicReceipt } from './client-answers.ts';
import type { TlsSettings } from './tls/tls-settings.ts';
import type { AnyToxic } from './toxic-types.ts';

/** What to do to a link; `type` is one of the server's kinds. */
export interface ToxicSettings {
  readonly name: string;
  readonly type: string;
  readonly stream: 'upstream' | 'downstream';
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number | string>>;
}

/** What a toxic that has ended did, by the account of the proxy. */
export type ToxicOutcome = ToxicReceipt & {
  readonly activeToMs: number;
  readonly ended: NonNullable<ToxicReceipt['ended']>;
};

/** What has passed a proxy up to now. */
interface LinkCount {
  readonly name: string;
  readonly connections: number;
  readonly connectionsDropped: number;
  readonly bytesToPart: number;
  readonly bytesFromPart: number;
}

/** The conductor's end of a proxy server of ours. Every method throws a GamedayError that carries the server's own words. */
export interface LinkClient {
  /** Opens a port that leads to `upstream` (`host:port`); port 0 in `listen` takes any free one. */
  createLink(link: { name: string; listen: string; upstream: string; tls?: TlsSettings }): Promise<{ port: number }>;
  /** The certificate, in PEM, of the authority by which links end the TLS of those who come to them. */
  authority(): Promise<string>;
  addToxic(proxyName: string, toxic: ToxicSettings): Promise<void>;
  /** Removes the toxic and tells what it did; also when its lease has lapsed meanwhile. */
  removeToxic(proxyName: string, toxicName: string): Promise<ToxicOutcome>;
  /** A disabled link refuses connections and drops those that are open; enabled again it has the same port. */
  setEnabled(proxyName: string, enabled: boolean): Promise<void>;
  traffic(): Promise<readonly LinkCount[]>;
  /** Says that somebody still looks after the faults: without another call within `leaseMs` the server heals everything. */
  renew(leaseMs: number): Promise<void>;
  /** Removes every toxic and enables every link. */
  reset(): Promise<void>;
}

/** @param baseUrl where the server's API is: `http://127.0.0.1:port`. Nothing is asked of it before the first call. */
export function connectProxyClient(baseUrl: string, caller: Caller): LinkClient {
  const proxies = new ProxyClient({ url: baseUrl, ...caller });
  return {
    createLink: async (link) => ({ port: (await proxies.createProxy(link)).port }),
    authority: () => askText(caller, 'GET', `${baseUrl}/gameday/authority`),
    addToxic: async (proxyName, toxic) => {
      // Of what type it is is known at run time only; the server says what is wrong with it.
      await proxies.addToxic(proxyName, toxic as AnyToxic);
    },
    removeToxic: async (proxyName, toxicName) => {
      const cause = await proxies.removeToxic(proxyName, toxicName).then(
        () => undefined,
        (refusal: unknown) => {
          if (!(refusal instanceof ProxyRefusal && refusal.status === 404)) throw refusal;
          return refusal;
        },
      );
      // Gone already: then its receipt says why. A toxic that never was has none, and what the server said first is the thing to show.
      const receipt = await proxies.receipt(proxyName, toxicName).catch((other: unknown) => {
        throw cause ?? other;
      });
      const { activeToMs, ended } = receipt;
      if (activeToMs === null || ended === null)
        throw new GamedayError(
          'harness',
          `Somebody else has put a toxic "${toxicName}" on the proxy "${proxyName}" again.`,
        );
      return { ...receipt, activeToMs, ended };
    },
    setEnabled: async (proxyName, enabled) => {
      await proxies.updateProxy(proxyName, { enabled });
    },
    traffic: async () =>
      Object.entries(await proxies.traffic()).map(([name, { bytesUpstream, bytesDownstream, ...connections }]) => ({
        name,
        ...connections,
        bytesToPart: bytesUpstream,
        bytesFromPart: bytesDownstream,
      })),
    renew: (leaseMs) => proxies.renew(leaseMs),
    reset: () => proxies.reset(),
  };
}
