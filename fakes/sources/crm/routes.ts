import type { LimitName } from './limits.ts';

/** What a request asks for. */
export type Route =
  | { readonly kind: 'export'; readonly limit: LimitName; readonly operation: null }
  | { readonly kind: 'comments'; readonly limit: LimitName; readonly operation: string; readonly ticketId: number };

/** The requests that this CRM knows, for whoever sent another. */
export const knownRequests: readonly string[] = [
  'GET /api/v2/incremental/tickets/cursor?start_time={epoch seconds}&per_page={1..1000}',
  'GET /api/v2/incremental/tickets/cursor?cursor={after_cursor}&per_page={1..1000}',
  'GET /api/v2/tickets/{id}/comments',
];

/**
 * Looks a request up; undefined when it is none of ours. As with Zendesk, each path may end with `.json`. Looking for news is no logical
 * operation; fetching the comments of one ticket is.
 */
export function routeOf(method: string, path: string): Route | undefined {
  if (method !== 'GET') return undefined;
  if (/^\/api\/v2\/incremental\/tickets\/cursor(\.json)?$/.test(path)) {
    return { kind: 'export', limit: 'polls', operation: null };
  }
  const id = /^\/api\/v2\/tickets\/(\d{1,15})\/comments(\.json)?$/.exec(path)?.[1];
  return id === undefined
    ? undefined
    : { kind: 'comments', limit: 'records', operation: `ticket/${id}/comments`, ticketId: Number(id) };
}
