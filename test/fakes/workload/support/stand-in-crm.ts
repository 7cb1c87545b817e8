import type { Clock } from '../../../../harness/kit/clock.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';

/** One call as the stand-in saw it. */
export interface CrmCall {
  /** `page` or `ticket/7`. */
  readonly operation: string;
  readonly trace: string;
  readonly atMs: number;
  endedMs: number;
  status: number;
  retryAfterMs: number | null;
}

export interface StandInCrm {
  readonly fetch: typeof fetch;
  readonly calls: CrmCall[];
  /** Tickets with their number of comments. */
  readonly versions: ReadonlyMap<number, number>;
  /** Requests that are open now, and the most there ever were. */
  readonly most: { open: number; peak: number };
  quotaPerSecond: number;
  retryAfter: 'seconds' | 'http-date' | 'none' | 'a day';
  down: boolean;
  /** Tickets that always fail with 404. */
  readonly broken: Set<number>;
}

/** A small CRM for tests: changes come at an even rate, requests are counted against a bucket of 3 s of the quota. */
export function standInCrm(clock: Clock, settings: { changesPerSecond: number; changesUntilMs?: number }): StandInCrm {
  const random = seededRandom('stand-in');
  const changes: { ticketId: number; version: number }[] = [];
  const versions = new Map<number, number>();
  let bucket = { level: 120, atMs: clock.now() };

  const catchUp = (): void => {
    const untilMs = Math.min(clock.now(), settings.changesUntilMs ?? Infinity);
    const due = Math.floor((untilMs * settings.changesPerSecond) / 1000);
    while (changes.length < due) {
      const ticketId = versions.size > 0 && random.next() < 0.2 ? random.integer(1, versions.size) : versions.size + 1;
      const version = (versions.get(ticketId) ?? 0) + 1;
      versions.set(ticketId, version);
      changes.push({ ticketId, version });
    }
  };

  const take = (): boolean => {
    const earned = ((clock.now() - bucket.atMs) / 1000) * crm.quotaPerSecond;
    const level = Math.min(3 * crm.quotaPerSecond, bucket.level + earned);
    bucket = { level: level >= 1 ? level - 1 : level, atMs: clock.now() };
    return level >= 1;
  };

  const respond = (url: URL): Response => {
    if (crm.down) return Response.json({ error: 'unavailable' }, { status: 503 });
    // As with Zendesk, the export has a limit of its own, which is not reached here.
    if (isRecord(url) && !take()) return Response.json({ error: 'throttled' }, { status: 429, headers: hint() });
    const ticketId = /tickets\/(\d+)\/comments/.exec(url.pathname)?.[1];
    catchUp();
    if (ticketId !== undefined) return comments(Number(ticketId));
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const page = changes.slice(from, from + Number(url.searchParams.get('per_page')));
    return Response.json({
      tickets: page.map(({ ticketId: id }) => ({ id, subject: `Ticket ${id}`, comment_count: versions.get(id) })),
      after_cursor: String(from + page.length),
      end_of_stream: from + page.length === changes.length,
    });
  };

  const comments = (ticketId: number): Response => {
    if (crm.broken.has(ticketId)) return Response.json({ error: 'RecordNotFound' }, { status: 404 });
    const count = versions.get(ticketId) ?? 0;
    const list = Array.from({ length: count }, (_, index) => ({ id: index + 1, plain_body: `Comment ${index + 1}.` }));
    return Response.json({ comments: list, count });
  };

  const hint = (): Record<string, string> => {
    const seconds = Math.ceil(12 / crm.quotaPerSecond);
    switch (crm.retryAfter) {
      case 'none':
        return {};
      case 'seconds':
        return { 'retry-after': String(seconds) };
      case 'a day':
        return { 'retry-after': '86400' };
      case 'http-date':
        return { 'retry-after': new Date(Math.ceil(clock.now() / 1000 + seconds) * 1000).toUTCString() };
    }
  };

  const crm: StandInCrm = {
    calls: [],
    versions,
    most: { open: 0, peak: 0 },
    quotaPerSecond: 40,
    retryAfter: 'seconds',
    down: false,
    broken: new Set(),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const ticketId = /tickets\/(\d+)\/comments/.exec(url.pathname)?.[1];
      const trace = request.headers.get('traceparent')?.split('-')[1] ?? '';
      const call: CrmCall = {
        operation: ticketId === undefined ? 'page' : `ticket/${ticketId}`,
        ...{ trace, atMs: clock.now(), endedMs: Infinity, status: 0, retryAfterMs: null },
      };
      crm.calls.push(call);
      crm.most.peak = Math.max(crm.most.peak, ++crm.most.open);
      await clock.sleep(10 + 20 * random.next());
      crm.most.open--;
      const response =
        request.headers.get('authorization') === 'Bearer crm-token'
          ? respond(url)
          : new Response(null, { status: 401 });
      call.endedMs = clock.now();
      call.status = response.status;
      const header = response.headers.get('retry-after');
      if (header !== null)
        call.retryAfterMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - clock.now();
      return response;
    },
  };
  return crm;
}

function isRecord(url: URL): boolean {
  return url.pathname.endsWith('/comments');
}

/** The attempts at each operation, by trace. */
export function operationsOf(calls: readonly CrmCall[]): CrmCall[][] {
  const operations = new Map<string, CrmCall[]>();
  for (const call of calls) {
    const key = `${call.trace} ${call.operation}`;
    operations.set(key, [...(operations.get(key) ?? []), call]);
  }
  return [...operations.values()];
}

/** Attempts that came before a `Retry-After` given more than 5 ms earlier had passed. */
export function earlyAttempts(calls: readonly CrmCall[]): CrmCall[] {
  const hints = calls.filter((call) => call.retryAfterMs !== null);
  return calls.filter((call) =>
    hints.some(
      (hint) => call.atMs > hint.endedMs + 5 && call.atMs < hint.endedMs + (hint.retryAfterMs ?? 0) && call !== hint,
    ),
  );
}

/** Waits between attempts at one operation after a failure without a hint, by the number of the attempt that followed. */
export function hintlessGaps(calls: readonly CrmCall[]): { attempt: number; gapMs: number }[] {
  return operationsOf(calls).flatMap((attempts) =>
    attempts.slice(1).flatMap((next, index) => {
      const before = attempts[index];
      return before?.retryAfterMs === null ? [{ attempt: index + 2, gapMs: next.atMs - before.endedMs }] : [];
    }),
  );
}
