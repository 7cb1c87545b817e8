import { fetchWithin, type Caller } from '../kit/fetch-within.ts';

/** `fetch` for the harness's own questions: gives up after `limitMs`, with the body read. */
export function ask(
  caller: Caller,
  url: string,
  settings: { method?: string; body?: unknown; limitMs: number; signal?: AbortSignal },
): Promise<{ readonly status: number; readonly body: string }> {
  const { method = 'GET', body, limitMs, signal = null } = settings;
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const request = { method, limitMs, signal, ...(body === undefined ? {} : json) };
  const { clock } = caller;
  return fetchWithin({ clock, fetch: (input, init) => reach(caller, input, init) }, url, request, async (response) => ({
    status: response.status,
    body: await response.text(),
  }));
}

/** `fetch`, whose error has the reason in its words: `connect ECONNREFUSED 127.0.0.1:8080` instead of `fetch failed`. */
async function reach({ fetch }: Caller, ...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    return await fetch(...request);
  } catch (cause) {
    if (!(cause instanceof TypeError && cause.cause instanceof Error)) throw cause;
    throw new Error(cause.cause.message || cause.message, { cause });
  }
}
