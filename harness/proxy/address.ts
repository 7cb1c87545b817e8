import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf } from '../kit/errors.ts';
import { ApiError } from './api-error.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[::1]:port` or `:port`. Throws an ApiError 500 in the words of Go's net package, which Toxiproxy's are.
 * Where Go would take every interface because no host is given, this takes loopback: nothing is opened to the network by omission.
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text === '' ? ':0' : text);
  if (!match) {
    const why = text.split(':').length > 2 ? 'too many colons in address' : 'missing port in address';
    throw new ApiError(500, `listen tcp: address ${text}: ${why}`);
  }
  const host = match[1] ?? match[2] ?? '';
  const portText = match[3] ?? '';
  const port = Number(portText === '' ? '0' : portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ApiError(500, `listen tcp: address ${portText}: invalid port`);
  }
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/** The address with its host name looked up. Throws an ApiError 500 when there is no such name. */
export async function resolveAddress(text: string): Promise<Address> {
  const { host, port } = parseAddress(text);
  if (isIP(host) !== 0) return { host, port };
  try {
    // IPv4 first, as Go listens on it where a name has both.
    const found = await lookup(host, { order: 'ipv4first' });
    return { host: found.address, port };
  } catch (cause) {
    throw new ApiError(500, `listen tcp: lookup ${host}: no such host (${messageOf(cause)})`);
  }
}

/** `127.0.0.1:49213`, `[::1]:49213`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
