import { http, type HttpHandler } from 'msw';
import type { HttpPart } from '../../../harness/world/types.ts';

/**
 * Qdrant for Mock Service Worker: answers everything below `origin` in the test's own process, e.g. `http://qdrant.test:6333` (a client
 * whose URL has no port uses 6333). A request that it does not know is a 404 that lists those it does.
 */
export function qdrantHandlers(part: HttpPart, origin: string): HttpHandler[] {
  const base = origin.replace(/\/+$/, '');
  return [http.all(`${base}/*`, ({ request }) => part.fetch(request))];
}
