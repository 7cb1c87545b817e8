import type { Random } from '../../../harness/kit/random.ts';

/** The share of changes that are new tickets; the others are updates of tickets that exist. */
const shareNew = 0.8;
const firstTicketId = 1001;

/** One change: a ticket came to be (version 1) or was given one more comment (the next version). */
export interface Change {
  /** Counts all changes, from 1. */
  readonly sequence: number;
  readonly ticketId: number;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** The changes at a source. What has happened until a moment depends on seed, rate and start only, not on who asked when. */
export interface ChangeFeed {
  /** Lets the feed begin. A second call with another origin throws: what was read already would no longer be true. */
  start(originMs: number): void;
  /** All changes until `nowMs`, in order. None before the start. */
  until(nowMs: number): readonly Change[];
  /** Those of one ticket. */
  of(ticketId: number, nowMs: number): readonly Change[];
}

/** A Poisson process of `changesPerSecond`, drawn as far as somebody looks. */
export function createChangeFeed(random: Random, changesPerSecond: number): ChangeFeed {
  const changes: Change[] = [];
  const versions: number[] = [];
  const byTicket = new Map<number, Change[]>();
  let originMs: number | undefined;
  let upcoming: Change | undefined;

  const drawNext = (afterMs: number): Change | undefined => {
    if (changesPerSecond === 0) return undefined;
    const atMs = afterMs + random.exponential(changesPerSecond) * 1000;
    const isNew = random.next() < shareNew || versions.length === 0;
    const index = isNew ? versions.length : random.integer(0, versions.length - 1);
    const version = (versions[index] ?? 0) + 1;
    return { sequence: changes.length + 1, ticketId: firstTicketId + index, version, atMs };
  };

  const until = (nowMs: number): readonly Change[] => {
    while (upcoming !== undefined && upcoming.atMs <= nowMs) {
      changes.push(upcoming);
      versions[upcoming.ticketId - firstTicketId] = upcoming.version;
      const own = byTicket.get(upcoming.ticketId);
      if (own) own.push(upcoming);
      else byTicket.set(upcoming.ticketId, [upcoming]);
      upcoming = drawNext(upcoming.atMs);
    }
    const end = firstAfter(changes, nowMs);
    return end === changes.length ? changes : changes.slice(0, end);
  };

  return {
    start: (atMs) => {
      if (originMs !== undefined && originMs !== atMs) {
        throw new Error(`The feed has started at ${originMs} already; it cannot start at ${atMs} too.`);
      }
      if (originMs === undefined) upcoming = drawNext(atMs);
      originMs = atMs;
    },
    until,
    of: (ticketId, nowMs) => {
      until(nowMs);
      return (byTicket.get(ticketId) ?? []).filter(({ atMs }) => atMs <= nowMs);
    },
  };
}

/** The index of the first change after `nowMs`, by bisection. */
function firstAfter(changes: readonly Change[], nowMs: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.atMs ?? Infinity) <= nowMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
