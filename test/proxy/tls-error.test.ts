import { expect, it } from 'vitest';
import { tlsError } from '../../harness/proxy/tls/tls-error.ts';

const openssl = (words: string): Error =>
  new Error(
    `40AD8387F27F0000:error:0A00009C:SSL routines:${words}:../deps/openssl/openssl/ssl/record/methods/tlsany_meth.c:80:\n`,
  );

it.each([
  ['tls_validate_record_header:http request', 'it does not speak TLS'],
  ['tls_validate_record_header:wrong version number', 'it does not speak TLS'],
  [
    'ssl3_read_bytes:tlsv1 alert unknown ca',
    'it does not trust the certificate: the authority is GET /gameday/authority',
  ],
  ['tls_early_post_process_client_hello:no shared cipher', 'there is no version or cipher that both speak'],
])('an error of OpenSSL, %s, says in one line what it means', (words, means) => {
  const said = tlsError(openssl(words));
  expect(said.startsWith(means)).toBe(true);
  expect(said.endsWith(`(SSL routines:${words})`)).toBe(true);
});

it('an error that nobody knows is what it says', () => {
  expect(tlsError(openssl('f:something else'))).toBe('SSL routines:f:something else');
  expect(tlsError(new Error('socket hang up\n'))).toBe('socket hang up');
});
