import * as tls from 'node:tls';

/**
 * The authorities that this system trusts, in PEM, and those of NODE_EXTRA_CA_CERTS. Those that come with the platform where the system has
 * none, or the platform is too old to tell.
 */
export function systemRoots(): readonly string[] {
  // From Node 22.15 on.
  const read = (tls as { getCACertificates?: (kind: 'system' | 'extra') => string[] }).getCACertificates;
  const found = read?.('system') ?? [];
  return [...(found.length > 0 ? found : tls.rootCertificates), ...(read?.('extra') ?? [])];
}
