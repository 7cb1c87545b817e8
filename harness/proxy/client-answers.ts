import { z } from 'zod';
import type { ToxicAccount, ToxicEnding } from './active-toxic.ts';
import type { TlsSettings } from './tls/tls-settings.ts';

/** A toxic as the server shows it. */
export interface PlacedToxic {
  readonly name: string;
  readonly type: string;
  readonly stream: string;
  readonly toxicity: number;
  /** All of them, those that were not given by their defaults. */
  readonly attributes: Readonly<Record<string, number | string>>;
}

/** A proxy as it is. */
export interface PlacedProxy {
  readonly name: string;
  /** `host:port`, where it really listens. */
  readonly listen: string;
  /** That of `listen`. */
  readonly port: number;
  readonly upstream: string;
  readonly enabled: boolean;
  /** What was asked for of these, where it was; `lease` in seconds. */
  readonly tls?: TlsSettings | undefined;
  readonly seed?: number | undefined;
  readonly lease?: number | undefined;
  readonly toxics: readonly PlacedToxic[];
}

/** What a toxic has seen and done. Times are epoch milliseconds. */
export type ToxicReceipt = ToxicAccount;

/** What has passed each proxy, by its name. */
export type TrafficByProxy = Readonly<
  Record<
    string,
    {
      readonly connections: number;
      /** Cut because their proxy was disabled, changed or deleted. */
      readonly connectionsDropped: number;
      /** Handed to the upstream, and to the client. */
      readonly bytesUpstream: number;
      readonly bytesDownstream: number;
    }
  >
>;

const Toxic: z.ZodType<PlacedToxic> = z.object({
  name: z.string(),
  type: z.string(),
  stream: z.string(),
  toxicity: z.number(),
  attributes: z.record(z.string(), z.union([z.number(), z.string()])),
});
const Tls: z.ZodType<TlsSettings> = z.object({
  client: z.object({ names: z.array(z.string()).optional() }).optional(),
  upstream: z.object({ ca: z.string().optional(), name: z.string().optional() }).optional(),
});
const Proxy: z.ZodType<Omit<PlacedProxy, 'port'>> = z.object({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  tls: Tls.optional(),
  seed: z.number().optional(),
  lease: z.number().optional(),
  toxics: z.array(Toxic),
});
const Receipt: z.ZodType<ToxicReceipt> = z.object({
  proxy: z.string(),
  toxic: z.string(),
  type: z.string(),
  stream: z.string(),
  activeFromMs: z.number(),
  activeToMs: z.number().nullable(),
  ended: z.enum(['removed', 'reset', 'lease lapsed', 'proxy deleted', 'stopped'] satisfies ToxicEnding[]).nullable(),
  connectionsSeen: z.number(),
  connectionsAltered: z.number(),
  requestsSeen: z.number(),
  requestsAltered: z.number(),
  bytesAltered: z.number(),
  bytesDelayed: z.number(),
  bytesDropped: z.number(),
  bytesCorrupted: z.number(),
  bytesCut: z.number(),
  bytesAdded: z.number(),
});
const Traffic: z.ZodType<TrafficByProxy> = z.record(
  z.string(),
  z.object({
    connections: z.number(),
    connectionsDropped: z.number(),
    bytesUpstream: z.number(),
    bytesDownstream: z.number(),
  }),
);

/** All of these throw a ZodError where the server is one of another kind. */
export function readPlaced(answer: unknown): PlacedProxy {
  const proxy = Proxy.parse(answer);
  return { ...proxy, port: Number(proxy.listen.slice(proxy.listen.lastIndexOf(':') + 1)) };
}

export function readToxicName(answer: unknown): string {
  return Toxic.parse(answer).name;
}

export function readReceipt(answer: unknown): ToxicReceipt {
  return Receipt.parse(answer);
}

export function readTraffic(answer: unknown): TrafficByProxy {
  return Traffic.parse(answer);
}
