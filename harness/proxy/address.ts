import { lookup } from 'node:dns/promises';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { messageOf } from '../kit/errors.ts';
import { ApiError } from './api-error.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Why a text is no address. */
interface NoAddress {
  /** In the words of Go's net package, which Toxiproxy's are. */
  readonly problem: string;
  /** What of the text Go complains about. */
  readonly about: string;
  /** What to write instead. */
  readonly hint: string;
}

/**
 * Reads `host:port`, `[::1]:port` or `:port`. Where Go would take every interface because no host is given, this takes loopback: nothing is opened
 * to the network by omission.
 */
export function readAddress(text: string): Address | NoAddress {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text === '' ? ':0' : text);
  if (!match)
    return text.split(':').length > 2
      ? { problem: 'too many colons in address', about: text, hint: colonsHint(text) }
      : {
          problem: 'missing port in address',
          about: text,
          hint: `Write it with its port, as "${text.includes('[') ? '[::1]' : text}:8080".`,
        };
  const host = match[1] ?? match[2] ?? '';
  const portText = match[3] ?? '';
  const port = Number(portText === '' ? '0' : portText);
  if (!/^[0-9]*$/.test(portText) || port > 65_535)
    return { problem: 'invalid port', about: portText, hint: 'A port is a whole number from 0 to 65535.' };
  return { host: host === '' ? '127.0.0.1' : host, port };
}

function colonsHint(text: string): string {
  return text.includes('://')
    ? 'Write host:port alone, without a scheme and a path.'
    : 'Write an IPv6 address in brackets, as "[::1]:8080".';
}

/** As `readAddress`, for a text that says where to listen. Throws an ApiError 500 for one that is no address. */
export function parseAddress(text: string): Address {
  const read = readAddress(text);
  if (!('problem' in read)) return read;
  throw new ApiError(500, `listen tcp: address ${read.about}: ${read.problem}`, read.hint);
}

/** The address with its host name looked up. Throws an ApiError 500 when there is no such name. */
export async function resolveAddress(text: string): Promise<Address> {
  const { host, port } = parseAddress(text);
  if (isIP(host) !== 0) return { host: hostToListenOn(host), port };
  // What every machine has, and what nobody needs to be asked for.
  if (host.toLowerCase() === 'localhost') return { host: '127.0.0.1', port };
  // Resolvers in C take such for numbers of an address, as 127.1; Go does not.
  if (/^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+))*$/i.test(host)) throw noSuchHost(host);
  try {
    // IPv4 first, as Go listens on it where a name has both.
    const found = await lookup(host, { order: 'ipv4first' });
    return { host: hostToListenOn(found.address), port };
  } catch (cause) {
    throw noSuchHost(host, ` (${messageOf(cause)})`);
  }
}

function noSuchHost(host: string, why = ''): ApiError {
  const hint = 'A proxy listens on an address of this machine: 127.0.0.1 and localhost are always there.';
  return new ApiError(500, `listen tcp: lookup ${host}: no such host${why}`, hint);
}

const ipv4InIpv6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The address that Go listens on where this one is said: `0.0.0.0` is all that the machine has, IPv6 among it, so that who goes to `localhost` finds it by either; and
 * IPv4 in the clothes of IPv6 is IPv4.
 */
export function hostToListenOn(host: string): string {
  const plain =
    isIPv6(host) && !host.includes('%') ? new SocketAddress({ address: host, family: 'ipv6' }).address : host;
  const address = ipv4InIpv6.exec(plain)?.[1] ?? plain;
  return address === '0.0.0.0' && hasIpv6() ? '::' : address;
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));
}

/** `127.0.0.1:49213`, `[::1]:49213`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
