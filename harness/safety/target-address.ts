import { GamedayError } from '../kit/errors.ts';

/** Where a target is, after it has been checked. */
export interface TargetAddress {
  /** As in a URL: an IPv6 address has its brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `http://host:port`, without a path. */
  readonly origin: string;
}

/**
 * Lets an address pass only when it is this machine's loopback, plainly written, or its host is on the allow list by its exact name.
 * Faults and load must never reach a system whose owner did not ask for them, so everything doubtful is refused.
 *
 * @param allowHosts exact host names; no patterns
 * @throws GamedayError `refused-target`
 */
export function checkTargetAddress(address: string, allowHosts: readonly string[]): TargetAddress {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw refused(address, 'it is not a URL', 'Write it as http://127.0.0.1:8080.');
  if (url.protocol !== 'http:')
    throw refused(
      address,
      `its scheme is ${url.protocol}//`,
      'The fault proxy in front of it passes plain http:// only.',
    );
  if (url.username !== '' || url.password !== '' || authorityOf(address).includes('@'))
    throw refused(address, 'there is something before an @ in it', 'Leave out user names and passwords.');
  const isAllowed = allowHosts.some((host) => host.toLowerCase() === url.hostname);
  if (!isAllowed) checkLoopback(address, url);
  const port = url.port === '' ? 80 : Number(url.port);
  return { hostname: url.hostname, port, origin: `http://${url.hostname}:${port}` };
}

function checkLoopback(address: string, url: URL): void {
  if (!isLoopback(url.hostname))
    throw refused(
      address,
      `the host "${url.hostname}" is not this machine's loopback`,
      `If you own it and want faults in it, name it: allowHosts: ['${url.hostname}'].`,
    );
  // The URL parser turns 2130706433 and 0x7f.1 into 127.0.0.1; who writes it like that does not mean it to be read.
  if (!authorityOf(address).toLowerCase().startsWith(url.hostname))
    throw refused(address, `it is an unusual way to write ${url.hostname}`, `Write http://${url.host}.`);
}

/** `localhost`, 127.0.0.0/8 and ::1, as the URL parser writes them. A name that merely begins with 127. has other characters in it. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** What stands between the slashes after the scheme and the path. */
function authorityOf(address: string): string {
  return /^\s*[a-z]+:[/\\]*([^/\\?#]*)/i.exec(address)?.[1] ?? '';
}

function refused(address: string, why: string, hint: string): GamedayError {
  return new GamedayError(
    'refused-target',
    `Refused to touch the target ${withoutPassword(address)}: ${why}. ${hint}`,
    {
      hint,
    },
  );
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//***@');
}
