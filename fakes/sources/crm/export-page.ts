import type { Change } from './change-feed.ts';
import { decodeCursor, type Position } from './cursor.ts';

/** What a caller of the incremental export asks for. */
export interface ExportQuery {
  readonly from:
    { readonly kind: 'start'; readonly seconds: number } | { readonly kind: 'cursor'; readonly position: Position };
  readonly perPage: number;
}

export interface ExportPage {
  /** The current version of every ticket that changed after the place asked for, oldest change first. */
  readonly changes: readonly Change[];
  readonly before: Position;
  readonly after: Position;
  readonly endOfStream: boolean;
}

const mostPerPage = 1000;
const usualPerPage = 100;

/** Reads `start_time` or `cursor`, and `per_page` (1 to 1000, default 100). Gives back what is wrong as text. */
export function readExportQuery(query: URLSearchParams, nowMs: number): ExportQuery | string {
  const perPage = Number(query.get('per_page') ?? usualPerPage);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > mostPerPage) {
    return `per_page must be a whole number from 1 to ${mostPerPage}`;
  }
  const cursor = query.get('cursor');
  if (cursor !== null) {
    const position = decodeCursor(cursor);
    return position ? { from: { kind: 'cursor', position }, perPage } : 'cursor is not valid';
  }
  const startTime = query.get('start_time');
  if (startTime === null || !/^\d{1,12}$/.test(startTime)) return 'start_time must be a Unix time in seconds';
  if (Number(startTime) * 1000 > nowMs) return 'start_time is in the future';
  return { from: { kind: 'start', seconds: Number(startTime) }, perPage };
}

/**
 * One page of the export, as Zendesk pages it: a ticket stands at the place of its last change, so one that is updated moves to the end and
 * is seen again. Undefined when the cursor does not belong to this feed (made up, or of another account).
 */
export function exportPage(changes: readonly Change[], query: ExportQuery): ExportPage | undefined {
  const before = startOf(changes, query);
  if (!before) return undefined;
  const current = new Map(changes.map((change) => [change.ticketId, change.sequence]));
  const rest = changes.slice(before.sequence).filter((change) => current.get(change.ticketId) === change.sequence);
  const page = rest.slice(0, query.perPage);
  const last = page.at(-1);
  return { changes: page, before, after: last ? positionOf(last) : before, endOfStream: page.length === rest.length };
}

function startOf(changes: readonly Change[], { from }: ExportQuery): Position | undefined {
  if (from.kind === 'start') {
    const index = changes.findIndex((change) => change.atMs >= from.seconds * 1000);
    const last = changes[(index === -1 ? changes.length : index) - 1];
    return last ? positionOf(last) : { sequence: 0, seconds: from.seconds };
  }
  if (from.position.sequence === 0) return from.position;
  const change = changes[from.position.sequence - 1];
  return change && positionOf(change).seconds === from.position.seconds ? from.position : undefined;
}

function positionOf(change: Change): Position {
  return { sequence: change.sequence, seconds: Math.floor(change.atMs / 1000) };
}
