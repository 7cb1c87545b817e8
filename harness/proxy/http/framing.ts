import type { ResponseFacts } from './http-toxic.ts';
import type { MessageHead } from './message-head.ts';

/** How long the body of a message is (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Of a response: until the connection ends. */
  | { readonly kind: 'until close' }
  /** What follows is no HTTP any more. */
  | { readonly kind: 'tunnel' }
  /** Nobody can say where it ends. */
  | { readonly kind: 'unclear' };

/** @param method of the request that a response answers. */
export function framingOf(head: MessageHead, method: string): Framing {
  if (head.kind === 'response') {
    if (head.status === 101 || (method === 'CONNECT' && head.status >= 200 && head.status < 300))
      return { kind: 'tunnel' };
    if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) return { kind: 'none' };
  }
  const coding = head.fields.get('transfer-encoding');
  const length = head.fields.get('content-length');
  if (coding !== undefined) {
    // Servers read these in different ways (RFC 9112 section 6.1).
    if (head.kind === 'request' && (length !== undefined || head.minor === 0)) return { kind: 'unclear' };
    // `chunked` has to be the last coding; what else there is under it is the body's own matter.
    if (/(?:^|,)[ \t]*chunked[ \t]*$/i.test(coding)) return { kind: 'chunked' };
    return head.kind === 'response' ? { kind: 'until close' } : { kind: 'unclear' };
  }
  if (length === undefined) return { kind: head.kind === 'response' ? 'until close' : 'none' };
  const bytes = readLength(length);
  if (bytes === undefined) return { kind: 'unclear' };
  return bytes === 0 ? { kind: 'none' } : { kind: 'length', bytes };
}

/** How many bytes the head of a response says that its body has; undefined where it does not say. */
export function saidLength(head: ResponseFacts): number | undefined {
  const length = head.header('content-length');
  return length === undefined || head.header('transfer-encoding') !== undefined ? undefined : readLength(length);
}

/** Undefined where it is none. */
function readLength(text: string): number | undefined {
  // The same length said twice is one length.
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  return /^[0-9]{1,15}$/.test(first) && others.every((other) => other === first) ? Number(first) : undefined;
}
