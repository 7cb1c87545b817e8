import type { ToxicRequest } from '../active-toxic.ts';
import { apiErrors } from '../api-error.ts';
import type { TlsSettings } from './tls-settings.ts';

/** Throws an ApiError 400 where there is no handshake that a toxic could do something to. */
export function checkHandshakes({ kind, direction }: ToxicRequest, tls: TlsSettings | undefined): void {
  if (!tls?.client)
    throw apiErrors.badBody(`${kind.type} needs a proxy that ends the TLS of its clients ("tls": {"client": {}})`);
  if (direction !== 'downstream')
    throw apiErrors.badBody(
      `stream of ${kind.type} must be downstream: it is clients that shake hands with this proxy`,
    );
}
