import { http, type HttpHandler } from 'msw';
import type { HttpPart } from '../../../harness/world/types.ts';

/**
 * The CRM for Mock Service Worker: answers everything below `origin` (e.g. `https://example.zendesk.com`) in the test's own process.
 * A request that it does not know is a 404 that lists those it does.
 */
export function crmHandlers(part: HttpPart, origin: string): HttpHandler[] {
  return [http.all(`${origin}/*`, ({ request }) => part.fetch(request))];
}
