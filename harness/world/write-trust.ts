import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemRoots } from '../proxy/tls/system-roots.ts';

/** Takes the place of what a runtime trusts by itself: OpenSSL, Go and Python; requests of Python; the SDKs of AWS. */
const replacing = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'AWS_CA_BUNDLE'];

/**
 * Writes an authority (PEM) into `<runFolder>/tls`, alone and among those that the system trusts. Both can be read by everybody, since they
 * are certificates only, and written by nobody else. Gives the variables by which runtimes find them.
 */
export async function writeTrust(runFolder: string, authority: string): Promise<Readonly<Record<string, string>>> {
  // A target may run in another folder than we do.
  const folder = resolve(runFolder, 'tls');
  await mkdir(folder, { recursive: true });
  const alone = join(folder, 'authority.pem');
  const among = join(folder, 'trusted.pem');
  const whole = [...systemRoots(), authority].map((pem) => `${pem.trim()}\n`).join('');
  // Only what is new is written: a file that somebody has put there before is none of ours.
  const settings = { mode: 0o644, flag: 'wx' };
  await Promise.all([writeFile(alone, authority, settings), writeFile(among, whole, settings)]);
  const variables = replacing.map((name) => [name, among] as const);
  return Object.fromEntries([['NODE_EXTRA_CA_CERTS', alone], ...variables]);
}
