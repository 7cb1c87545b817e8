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
  const parts = splitHostPort(text === '' ? ':0' : text);
  if ('problem' in parts) return parts;
  const port = Number(parts.port === '' ? '0' : parts.port);
  if (!/^[0-9]*$/.test(parts.port) || port > 65_535)
    return { problem: 'invalid port', about: parts.port, hint: 'A port is a whole number from 0 to 65535.' };
  return { host: parts.host === '' ? '127.0.0.1' : parts.host, port };
}

/** In the order of Go's net.SplitHostPort: where several things are wrong, it is the first that is said. */
function splitHostPort(text: string): { readonly host: string; readonly port: string } | NoAddress {
  const lastColon = text.lastIndexOf(':');
  if (lastColon < 0) return missingPort(text);
  const isBracketed = text.startsWith('[');
  const hostEnd = isBracketed ? text.indexOf(']') : lastColon;
  if (hostEnd < 0) return badlyWritten(text, "missing ']' in address");
  if (isBracketed && hostEnd + 1 !== lastColon)
    return text[hostEnd + 1] === ':' ? badlyWritten(text, 'too many colons in address') : missingPort(text);
  const host = text.slice(isBracketed ? 1 : 0, hostEnd);
  if (!isBracketed && host.includes(':')) return badlyWritten(text, 'too many colons in address');
  const port = text.slice(lastColon + 1);
  for (const bracket of ['[', ']'])
    if (`${host}:${port}`.includes(bracket)) return badlyWritten(text, `unexpected '${bracket}' in address`);
  return { host, port };
}

function missingPort(text: string): NoAddress {
  const hint = `Write it with its port, as "${/[[\]]/.test(text) ? '[::1]' : text}:8080".`;
  return { problem: 'missing port in address', about: text, hint };
}

function badlyWritten(text: string, problem: string): NoAddress {
  const hint = text.includes('://')
    ? 'Write host:port alone, without a scheme and a path.'
    : 'Write an IPv6 address in brackets, as "[::1]:8080".';
  return { problem, about: text, hint };
}

/** Of a text that leads to no address. Go says `listen tcp: ` before it where it was about to listen, and nothing where it only compared. */
export class UnusableAddress extends ApiError {
  constructor(why: string, hint: string) {
    super(500, why, hint);
    this.name = 'UnusableAddress';
  }
}

/** As `readAddress`, for a text that says where to listen. Throws an UnusableAddress for one that is no address. */
export function parseAddress(text: string): Address {
  const read = readAddress(text);
  if (!('problem' in read)) return read;
  throw new UnusableAddress(`address ${read.about}: ${read.problem}`, read.hint);
}

/** The address with its host name looked up. Throws an UnusableAddress when there is no such name. */
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

function noSuchHost(host: string, why = ''): UnusableAddress {
  const hint = 'A proxy listens on an address of this machine: 127.0.0.1 and localhost are always there.';
  return new UnusableAddress(`lookup ${host}: no such host${why}`, hint);
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
