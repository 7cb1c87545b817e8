import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';

type Keys = webcrypto.CryptoKeyPair;

const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate that signs others, with its keys. They are in the memory of this process only. */
export interface Root {
  readonly pem: string;
  readonly keys: Keys;
  readonly subject: string;
}

/** From when to when a certificate counts, in epoch milliseconds. */
export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a server certificate is to say. */
export interface ServerCertificate {
  /** Host names and IP addresses. */
  readonly names: readonly string[];
  readonly valid: Validity;
  /** Hexadecimal. */
  readonly serial: string;
  readonly keys: Keys;
  /** Who signs it; it signs itself where there is none. */
  readonly issuer: Root | undefined;
}

/**
 * What makes certificates. Loaded only when one is to be made: that takes longer than all the rest of the proxy, and most runs need none. A server that has
 * time before anyone asks may load it then.
 */
export async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** Keys cannot be made from a seed: the platform takes its own chance for them. */
export function makeKeys(): Promise<Keys> {
  return webcrypto.subtle.generateKey(elliptic, true, ['sign', 'verify']);
}

/** In PEM, as the platform's TLS takes it. */
export function privateKeyOf(keys: Keys): string {
  return KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate authority of its own name; `serial` is hexadecimal. */
export async function makeRoot(name: string, serial: string, valid: Validity): Promise<Root> {
  const x509 = await loadX509();
  const keys = await makeKeys();
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serial, name: [{ CN: [name] }], keys, signingAlgorithm: elliptic },
    ...period(valid),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { pem: pemOf(certificate), keys, subject: certificate.subject };
}

/** The certificate of a server, in PEM. */
export async function issue({ names, valid, serial, keys, issuer }: ServerCertificate): Promise<string> {
  const x509 = await loadX509();
  const subject = 'CN=gameday fault proxy';
  const signer = issuer ?? { subject, keys };
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ serialNumber: serial, subject, issuer: signer.subject },
    ...{ publicKey: keys.publicKey, signingKey: signer.keys.privateKey, signingAlgorithm: elliptic },
    ...period(valid),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      // What names its issuer by its key is refused by strict clients when it is missing, such as Python's from 3.13 on.
      await x509.AuthorityKeyIdentifierExtension.create(signer.keys.publicKey),
    ],
  });
  return pemOf(certificate);
}

function period({ fromMs, toMs }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(fromMs), notAfter: new Date(toMs) };
}

function pemOf(certificate: X509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}
