import { http, type HttpHandler } from 'msw';
import type { HttpPart } from '../../harness/world/types.ts';

/**
 * A model server as handlers for Mock Service Worker: whatever is sent below `baseUrl`, the base URL that the client has (e.g.
 * `https://api.openai.com/v1`), is answered by `part`, which `createPart` made.
 */
export function modelServerHandlers(part: HttpPart, baseUrl: string): HttpHandler[] {
  const base = baseUrl.replace(/\/+$/, '');
  return [
    http.all(`${base}/*`, ({ request }) => {
      const url = new URL(request.url);
      url.pathname = `/v1${url.pathname.slice(new URL(base).pathname.length)}`;
      return part.fetch(new Request(url, request));
    }),
  ];
}
