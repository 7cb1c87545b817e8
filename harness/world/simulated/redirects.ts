import { LightResponse } from './light-response.ts';
import { failedBecause } from './network-errors.ts';
import { known, type Outgoing } from './outgoing.ts';

/** So many are followed for one request. */
const mostRedirects = 20;

/** Statuses that send the caller on (https://fetch.spec.whatwg.org/#redirect-status). */
const redirecting = new Set([301, 302, 303, 307, 308]);

const ofBodies = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];
/** What is meant for one origin only. */
const ofOrigins = ['authorization', 'proxy-authorization', 'cookie', 'host'];

export function isRedirect({ status }: Response): boolean {
  return status >= 300 && redirecting.has(status);
}

/**
 * The request that a redirect asks for; undefined where the caller gets the answer itself (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 *
 * @param count how many have been followed before
 * @throws TypeError as `fetch` does
 */
export function redirected(response: Response, sent: Outgoing, count: number): Outgoing | undefined {
  if (sent.redirect === 'manual') return undefined;
  const location = response.headers.get('location');
  if (sent.redirect === 'follow' && location === null) return undefined;
  if (LightResponse.wholeText(response) === undefined) void response.body?.cancel().catch(() => undefined);
  if (location === null || sent.redirect === 'error') throw failedBecause(new Error('unexpected redirect'));
  const url = locationOf(location, sent.url);
  if (count === mostRedirects) throw failedBecause(new Error('redirect count exceeded'));
  if (response.status !== 303 && sent.isStreamed) throw failedBecause(new Error());
  return next(response.status, url, sent);
}

function locationOf(location: string, from: URL): URL {
  let url: URL;
  try {
    url = new URL(location, from);
  } catch (cause) {
    throw failedBecause(cause);
  }
  if (!/^https?:$/.test(url.protocol)) throw failedBecause(new Error('URL scheme must be a HTTP(S) scheme'));
  url.hash = '';
  return url;
}

function next(status: number, url: URL, sent: Outgoing): Outgoing {
  const { method, signal, redirect } = sent;
  const headers = new Headers(sent.headers);
  const isAsked = method === 'GET' || method === 'HEAD';
  const isAskedNow = status === 303 ? !isAsked : method === 'POST' && status <= 302;
  for (const name of [...(isAskedNow ? ofBodies : []), ...(url.origin === sent.url.origin ? [] : ofOrigins)])
    headers.delete(name);
  return known({ url, signal, redirect, headers, method: isAskedNow ? 'GET' : method }, isAskedNow ? null : sent.body);
}
