import type { AnyKind, ToxicRequest } from './active-toxic.ts';
import { apiErrors } from './api-error.ts';
import { isHttpKind } from './http/http-toxic.ts';
import { checkHandshakes } from './tls/check-handshakes.ts';
import type { TlsSettings } from './tls/tls-settings.ts';

/** Throws an ApiError 400 for a toxic that a proxy with these others, and with TLS on those sides, cannot have. */
export function checkAtProxy(
  request: ToxicRequest,
  { others, tls }: { readonly others: readonly { readonly kind: AnyKind }[]; readonly tls: TlsSettings | undefined },
): void {
  const { kind } = request;
  if ('handshake' in kind) checkHandshakes(request, tls);
  if (!isHttpKind(kind) || kind.mostOnProxy === undefined) return;
  if (others.filter((other) => other.kind === kind).length >= kind.mostOnProxy)
    throw apiErrors.tooManyToxics(kind.mostOnProxy, kind.type);
}
