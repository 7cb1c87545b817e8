import type { SecureContext } from 'node:tls';
import type { PortTls } from '../port.ts';
import { PortContexts } from './port-contexts.ts';
import { upstreamContext } from './upstream-handshake.ts';

/** All that the connections of a port share: its certificates, and whom it trusts. Each is undefined where that side has no TLS. */
export interface PreparedTls {
  readonly client?: PortContexts;
  readonly upstream?: SecureContext;
}

export async function prepareTls(tls: PortTls | undefined, host: string): Promise<PreparedTls> {
  const { client, upstream } = tls?.settings ?? {};
  let contexts: PortContexts | undefined;
  if (tls && client) {
    contexts = new PortContexts(tls.authority, [host, ...(client.names ?? [])]);
    // A port that is open has its certificate.
    await contexts.first();
  }
  return { ...(contexts && { client: contexts }), ...(upstream && { upstream: upstreamContext(upstream) }) };
}
