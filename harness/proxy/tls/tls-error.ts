import { messageOf } from '../../kit/errors.ts';

/** What OpenSSL says, and what it means: who stands on the other side has mostly made one of three mistakes. */
const meanings: readonly (readonly [said: RegExp, means: string])[] = [
  [/:(?:https? (?:proxy )?request|wrong version number|packet length too long):/i, 'it does not speak TLS'],
  [
    /alert (?:unknown ca|bad certificate|certificate unknown)/i,
    'it does not trust the certificate: the authority is GET /gameday/authority, as for NODE_EXTRA_CA_CERTS',
  ],
  [/no shared cipher|unsupported protocol|alert protocol version/i, 'there is no version or cipher that both speak'],
];

/** An error of a handshake in one line: what it means, where that is known, before what OpenSSL says. */
export function tlsError(cause: unknown): string {
  // Only its words, between an address of memory and a place in the source.
  const said = messageOf(cause).trim();
  const [, words = said] = /^[0-9A-F]+:error:[0-9A-F]+:(.*?):\.\./s.exec(said) ?? [];
  const means = meanings.find(([pattern]) => pattern.test(`${said}:`))?.[1];
  return means === undefined ? words : `${means} (${words})`;
}
