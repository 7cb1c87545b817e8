import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { messageOf } from '../../kit/errors.ts';
import { didYouMean } from '../../kit/suggest.ts';

/** Towards clients. */
export interface ClientTls {
  /** Hosts and IP addresses that certificates name beside the one that is asked for, `localhost` and the loopback addresses. */
  readonly names?: readonly string[] | undefined;
}

/** Towards the upstream. */
export interface UpstreamTls {
  /** Certificates in PEM that its own has to go back to; default what the system trusts. */
  readonly ca?: string | undefined;
  /** What its certificate has to name; default the host of the upstream. */
  readonly name?: string | undefined;
}

/** On which sides a proxy speaks TLS, as it is sent and shown. There is no private key in it. */
export interface TlsSettings {
  readonly client?: ClientTls | undefined;
  readonly upstream?: UpstreamTls | undefined;
}

/** Whether certificates can name it: a host name or an IP address. */
export function isName(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text));
}

/** The certificates of a PEM text, one by one. Throws where there is none, or something else. */
export function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).toString());
}

const Name = z.string().refine(isName, 'must be a host name or an IP address, such as api.example.com');
const Certificates = z.string().check(({ value, issues }) => {
  const problem = problemOfPem(value);
  if (problem !== undefined) issues.push({ code: 'custom', input: value, message: problem });
});

/** As everywhere in this API, null counts as absent. Unlike elsewhere, a field that is not known is a mistake: no client of Toxiproxy's sends one. */
export const TlsBody = settings('tls', {
  client: settings('tls.client', {
    names: optional(z.array(Name).max(50, 'must be 50 names at most')),
  }),
  upstream: settings('tls.upstream', { ca: optional(Certificates), name: optional(Name) }),
});

function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

function settings<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  const fields = Object.keys(shape)
    .map((field) => `"${field}"`)
    .join(' and ');
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys
          .map((key) => `${what} has no "${key}".${didYouMean(key, Object.keys(shape))} There may be ${fields}`)
          .join('. ')
      : `${what} must be an object, in which there may be ${fields}`;
  return optional(z.strictObject(shape, { error }));
}

function problemOfPem(pem: string): string | undefined {
  if (/PRIVATE KEY-----/.test(pem))
    return 'must be certificates only: there is a private key in it, which is not needed';
  try {
    if (certificatesIn(pem).length > 0) return undefined;
    return 'must be one or more certificates in PEM (-----BEGIN CERTIFICATE-----)';
  } catch (cause) {
    return `has a certificate in it that cannot be read: ${messageOf(cause)}`;
  }
}
