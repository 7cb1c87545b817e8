import { isUtf8 } from 'node:buffer';
import { http, HttpResponse, type HttpHandler } from 'msw';
import type { TargetContext } from '../harness/world/types.ts';

/** Where clients send to that nobody has told of another place, by the variable that would tell them. */
const usualBaseUrls: Readonly<Record<string, string>> = { OPENAI_BASE_URL: 'https://api.openai.com/v1' };

/**
 * The parts of a simulated world for Mock Service Worker: `setupServer(...handlers(world)).listen()` while the target is made, and
 * `close()` when it is stopped. Requests go on through the world's links, so its faults apply. A connection that fails is
 * `HttpResponse.error()`, since that is all that Mock Service Worker can tell.
 *
 * @param world what `inProcess` is handed
 * @param baseUrls the base URL that the code sends to, by the variable whose link it is to take: `{ CRM_BASE_URL: 'https://acme.zendesk.com' }`.
 * Default `OPENAI_BASE_URL: 'https://api.openai.com/v1'`; in any case the addresses of the world itself
 */
export function handlers(
  world: Pick<TargetContext, 'environment' | 'fetch'>,
  baseUrls: Readonly<Record<string, string>> = {},
): HttpHandler[] {
  const links = Object.entries(world.environment).filter(([, value]) => /^https?:\/\//.test(value));
  return links.flatMap(([variable, link]) => {
    const usual = baseUrls[variable] ?? usualBaseUrls[variable];
    return [...(usual === undefined ? [] : [usual]), link].map((baseUrl) => forward(world.fetch, baseUrl, link));
  });
}

/** Sends what comes below `baseUrl` to the same path below `link`. */
function forward(fetch: TargetContext['fetch'], baseUrl: string, link: string): HttpHandler {
  const from = withoutSlash(baseUrl);
  const to = withoutSlash(link);
  return http.all(`${from}/*`, async ({ request }) => {
    const { method, headers, signal } = request;
    const body = request.body === null ? null : bodyOf(Buffer.from(await request.arrayBuffer()), headers);
    try {
      return passedOn(await fetch(to + request.url.slice(from.length), { method, headers, signal, body }));
    } catch {
      signal.throwIfAborted();
      return HttpResponse.error();
    }
  });
}

/** The same bytes; as a text where they are one, since that is what costs least on a simulated link. */
function bodyOf(bytes: Buffer<ArrayBuffer>, headers: Headers): string | Buffer<ArrayBuffer> {
  // A text without a type would be given one.
  return headers.has('content-type') && isUtf8(bytes) ? bytes.toString() : bytes;
}

/** The same answer with a stream of its own: Mock Service Worker clones it, which would go past what holds up the link's. */
function passedOn(response: Response): Response {
  const { status, statusText, headers, body } = response;
  if (body === null) return new HttpResponse(null, { status, statusText, headers });
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const reading = await reader.read();
        if (reading.done) controller.close();
        else controller.enqueue(reading.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new HttpResponse(stream, { status, statusText, headers });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
