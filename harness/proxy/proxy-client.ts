import { z } from 'zod';
import { systemClock, type Clock } from '../kit/clock.ts';
import { GamedayError } from '../kit/errors.ts';
import type { Caller } from '../kit/fetch-within.ts';
import { ask, ProxyRefusal, understood } from './call-api.ts';
import {
  readPlaced,
  readReceipt,
  readTraffic,
  readToxicName,
  type PlacedProxy,
  type ToxicReceipt,
  type TrafficByProxy,
} from './client-answers.ts';
import type { TlsSettings } from './tls/tls-settings.ts';
import type { AnyToxic, Toxic, ToxicAttributes, ToxicType } from './toxic-types.ts';

export interface ProxyClientSettings {
  /** Where the API of the proxy server is; default `http://127.0.0.1:8474`. */
  readonly url?: string;
  /** What a call is timed by; default the machine's clock. */
  readonly clock?: Clock;
  /** Default the global one. */
  readonly fetch?: typeof fetch;
}

/** A proxy as it is asked for. */
export interface ProxySettings {
  readonly name: string;
  /** `host:port` that it leads to. */
  readonly upstream: string;
  /** `host:port` where it listens; default any free port of 127.0.0.1. */
  readonly listen?: string;
  /** Default true. A disabled proxy refuses its clients. */
  readonly enabled?: boolean;
  /** Are at work before the port opens. */
  readonly toxics?: readonly AnyToxic[];
  /** On which sides it speaks TLS; default on none. */
  readonly tls?: TlsSettings;
  /** A whole number that decides what is left to chance; default the server's. */
  readonly seed?: number;
  /** Without a heartbeat for so many seconds it is healed; default never. */
  readonly lease?: number;
}

export type ProxyChange = Partial<Pick<ProxySettings, 'listen' | 'upstream' | 'enabled' | 'tls' | 'lease'>>;

/**
 * A toxic that has been added. `await using` removes it at the end of its block, unless `remove` has. It is known by its name: where it has ended
 * by itself and another of that name has been added, that is the one that is meant.
 */
export interface AddedToxic<Type extends ToxicType> extends AsyncDisposable {
  readonly name: string;
  /** Attributes that are not named keep their values. */
  update(change: {
    readonly attributes?: Partial<ToxicAttributes[Type]>;
    readonly toxicity?: number;
    readonly lease?: number;
  }): Promise<void>;
  /** What it has done up to now, or did, once it has gone. */
  receipt(): Promise<ToxicReceipt>;
  /** Removes it, if it is still there, and tells what it did. */
  remove(): Promise<ToxicReceipt>;
}

/**
 * The API of a fault proxy: `gameday proxy`, or whatever else has it. Nothing is asked of it before the first call. Every method throws a ProxyRefusal
 * with the status and the server's own words where it refuses, and a GamedayError where it does not answer within 10 s. Of Toxiproxy's
 * own server, receipts and traffic are a refusal (404).
 */
export class ProxyClient {
  readonly #url: string;
  readonly #caller: Caller;

  /** Throws a GamedayError for a url that is none of HTTP. */
  constructor({ url = 'http://127.0.0.1:8474', clock = systemClock(), fetch: own = fetch }: ProxyClientSettings = {}) {
    if (!/^https?:\/\//.test(url))
      throw new GamedayError(
        'usage',
        `The url of a ProxyClient was "${url}"; it has to begin with "http://", as "http://127.0.0.1:8474" does.`,
      );
    this.#url = url.replace(/\/+$/, '');
    this.#caller = { clock, fetch: own };
  }

  async createProxy(proxy: ProxySettings): Promise<PlacedProxy> {
    return this.#read('POST', '/proxies', readPlaced, { listen: '127.0.0.1:0', ...proxy });
  }

  async proxies(): Promise<readonly PlacedProxy[]> {
    return this.#read('GET', '/proxies', (answer) => Object.values(readAll(answer)).map(readPlaced));
  }

  async updateProxy(name: string, change: ProxyChange): Promise<PlacedProxy> {
    return this.#read('PATCH', pathOf(name), readPlaced, change);
  }

  /** Closes its port and drops its connections. */
  async deleteProxy(name: string): Promise<void> {
    await this.#ask('DELETE', pathOf(name));
  }

  async addToxic<Type extends ToxicType>(proxyName: string, toxic: Toxic<Type>): Promise<AddedToxic<Type>> {
    const name = await this.#read('POST', `${pathOf(proxyName)}/toxics`, readToxicName, toxic);
    const path = `${pathOf(proxyName)}/toxics/${encodeURIComponent(name)}`;
    const receipt = (): Promise<ToxicReceipt> => this.receipt(proxyName, name);
    let removal: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      try {
        await this.removeToxic(proxyName, name);
      } catch (cause) {
        // Gone already.
        if (cause instanceof ProxyRefusal && cause.status === 404) return;
        removal = undefined;
        throw cause;
      }
    };
    /** Once: a later toxic of that name is not this one. */
    const gone = (): Promise<void> => (removal ??= remove());
    return {
      name,
      update: async (change) => {
        await this.#ask('PATCH', path, change);
      },
      receipt,
      remove: async () => {
        await gone();
        return receipt();
      },
      [Symbol.asyncDispose]: gone,
    };
  }

  async removeToxic(proxyName: string, toxicName: string): Promise<void> {
    await this.#ask('DELETE', `${pathOf(proxyName)}/toxics/${encodeURIComponent(toxicName)}`);
  }

  /** What the last toxic of that name has done, also once it or its proxy has gone. */
  async receipt(proxyName: string, toxicName: string): Promise<ToxicReceipt> {
    const names = [proxyName, toxicName].map(encodeURIComponent).join('/');
    return this.#read('GET', `/gameday/receipts/${names}`, readReceipt);
  }

  async traffic(): Promise<TrafficByProxy> {
    return this.#read('GET', '/gameday/traffic', readTraffic);
  }

  /** A heartbeat for the leases of proxies and toxics; with `leaseMs` also for the server, which heals everything without another in time. */
  async renew(leaseMs?: number): Promise<void> {
    await this.#ask('POST', '/gameday/lease', leaseMs === undefined ? {} : { leaseMs });
  }

  /** Removes every toxic and enables every proxy. */
  async reset(): Promise<void> {
    await this.#ask('POST', '/reset');
  }

  async #read<T>(method: string, path: string, read: (answer: unknown) => T, body?: unknown): Promise<T> {
    const answer = await this.#ask(method, path, body);
    return understood(method, `${this.#url}${path}`, () => read(answer));
  }

  #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return ask(this.#caller, method, `${this.#url}${path}`, body);
  }
}

const readAll = (answer: unknown): Record<string, unknown> => z.record(z.string(), z.unknown()).parse(answer);

function pathOf(proxyName: string): string {
  return `/proxies/${encodeURIComponent(proxyName)}`;
}
