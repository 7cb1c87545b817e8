import type { ToxicView } from './active-toxic.ts';
import type { TlsSettings } from './tls/tls-settings.ts';

/** A proxy as the wire shows it. */
export interface ProxyView {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  /** As it was sent, where it was. */
  readonly tls?: TlsSettings;
  /** What decides at it in place of the seed of the server, where it has one of its own. */
  readonly seed?: number;
  /** In seconds, where it has one. */
  readonly lease?: number;
  readonly toxics: readonly ToxicView[];
}

/** What has passed a proxy since it was made, up to now. */
export interface ProxyTraffic {
  readonly connections: number;
  /** Connections that are there now. */
  readonly connectionsOpen: number;
  /** Connections that were cut because the proxy was disabled, changed or deleted. */
  readonly connectionsDropped: number;
  /** Bytes handed to the upstream, and to the client. */
  readonly bytesUpstream: number;
  readonly bytesDownstream: number;
  /** Bytes that came on their way to the upstream, and to the client. */
  readonly receivedUpstream: number;
  readonly receivedDownstream: number;
}
