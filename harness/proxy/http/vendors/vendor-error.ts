import { STATUS_CODES } from 'node:http';

/** What says that something went wrong, with its status. */
export interface VendorError {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Which error of a vendor is wanted. */
export interface AskedError {
  readonly status: number;
  /** One of several with the same status; empty for the usual one. */
  readonly code: string;
  /** What a limit says how long to wait. */
  readonly waitSeconds: number;
  /** When it is said: some name the time at which to come again. */
  readonly nowMs: number;
}

/** The id of every request that is refused, and so of every answer. */
export const requestId = 'req_gameday';
/** The same for those whose ids are UUIDs. */
export const requestUuid = '0a1b2c3d-0000-4000-8000-67616d656461';

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): VendorError {
  return { contentType: 'application/json', headers, body: JSON.stringify(body) };
}

/** What HTTP calls a status, for those of which a vendor says nothing of its own. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? `status ${status}`;
}

export function retryAfter(waitSeconds: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(waitSeconds) };
}

/** When a limit is over, as RFC 3339 has it, in whole seconds, rounded up: `2026-11-01T00:00:07Z`. */
export function resetTime({ nowMs, waitSeconds }: Pick<AskedError, 'nowMs' | 'waitSeconds'>): string {
  return new Date((Math.ceil(nowMs / 1000) + waitSeconds) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
