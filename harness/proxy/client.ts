import { Proxy, Toxiproxy } from 'toxiproxy-node-client';
import { HttpClient, type HttpResponse } from 'toxiproxy-node-client/dist/HttpClient.js';
import { z } from 'zod';
import type { Caller } from '../kit/fetch-within.ts';
import type { ToxicEnding } from './active-toxic.ts';
import { ask, askText, ProxyRefusal } from './call-api.ts';
import { readTraffic } from './client-answers.ts';
import type { TlsSettings } from './tls/tls-settings.ts';

/** What to do to a link; `type` is one of the server's kinds. */
export interface ToxicSettings {
  readonly name: string;
  readonly type: string;
  readonly stream: 'upstream' | 'downstream';
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number | string>>;
}

const ReceiptSchema = z.object({
  connectionsSeen: z.number(),
  connectionsAltered: z.number(),
  /** Of a toxic that is done to requests; 0 of any other. */
  requestsSeen: z.number(),
  requestsAltered: z.number(),
  bytesAltered: z.number(),
  /** Epoch milliseconds. */
  activeFromMs: z.number(),
  activeToMs: z.number(),
  ended: z.enum(['removed', 'reset', 'lease lapsed', 'proxy deleted', 'stopped'] satisfies ToxicEnding[]),
});
/** What a toxic that has ended did, by the account of the proxy. */
export type ToxicOutcome = z.infer<typeof ReceiptSchema>;

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
  const api = new SpeakingHttpClient(caller);
  const toxiproxy = new Toxiproxy(baseUrl);
  toxiproxy.api = api;
  // The package puts names into paths as they are.
  const get = async (name: string): Promise<Proxy> => {
    const proxy = await toxiproxy.get(encodeURIComponent(name));
    return new Proxy(toxiproxy, { ...proxy.toJson(), name: encodeURIComponent(name) });
  };
  const receipt = async (proxyName: string, toxicName: string): Promise<ToxicOutcome> => {
    const url = `${baseUrl}/gameday/receipts/${encodeURIComponent(proxyName)}/${encodeURIComponent(toxicName)}`;
    return ReceiptSchema.parse((await api.get(url)).data);
  };
  return {
    createLink: async (link) => {
      const { listen } = await toxiproxy.createProxy(link);
      return { port: Number(listen.slice(listen.lastIndexOf(':') + 1)) };
    },
    authority: () => askText(caller, 'GET', `${baseUrl}/gameday/authority`),
    addToxic: async (proxyName, toxic) => {
      const proxy = await get(proxyName);
      // The package's list of types is older than the server's; the server says which it does not know.
      await proxy.addToxic({ ...toxic, type: toxic.type as 'latency' });
    },
    removeToxic: async (proxyName, toxicName) => {
      try {
        const proxy = await get(proxyName);
        await api.delete(`${proxy.getPath()}/toxics/${encodeURIComponent(toxicName)}`);
      } catch (cause) {
        if (!(cause instanceof ProxyRefusal && cause.status === 404)) throw cause;
        // Gone already: then its receipt says why. A toxic that never was has none, and what the server said first is the thing to show.
        return receipt(proxyName, toxicName).catch(() => {
          throw cause;
        });
      }
      return receipt(proxyName, toxicName);
    },
    setEnabled: async (proxyName, enabled) => {
      const proxy = await get(proxyName);
      await proxy.update({ enabled, listen: proxy.listen, upstream: proxy.upstream });
    },
    traffic: async () => {
      const counts = readTraffic((await api.get(`${baseUrl}/gameday/traffic`)).data);
      return Object.entries(counts).map(([name, { bytesUpstream, bytesDownstream, ...connections }]) => ({
        name,
        ...connections,
        bytesToPart: bytesUpstream,
        bytesFromPart: bytesDownstream,
      }));
    },
    renew: async (leaseMs) => {
      await api.post(`${baseUrl}/gameday/lease`, { leaseMs });
    },
    reset: () => toxiproxy.reset(),
  };
}

/** The package's own one drops what the server says and waits for ever (toxiproxy-node-client 4.1.0). */
class SpeakingHttpClient extends HttpClient {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    super();
    this.#caller = caller;
  }

  override async get<T>(url: string): Promise<HttpResponse<T>> {
    return { data: await ask<T>(this.#caller, 'GET', url) };
  }

  override async post<T>(url: string, body?: unknown): Promise<HttpResponse<T>> {
    return { data: await ask<T>(this.#caller, 'POST', url, body) };
  }

  override async delete(url: string): Promise<void> {
    await ask(this.#caller, 'DELETE', url);
  }
}
