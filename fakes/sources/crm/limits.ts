import type { Clock } from '../../../harness/kit/clock.ts';
import type { CrmFaults } from './crm-faults.ts';
import { retryAfter, type RetryAfterForm } from './retry-after.ts';
import type { CrmSettings } from './settings.ts';
import { TokenBucket } from './token-bucket.ts';

/** Which limit a call counts against. */
export type LimitName = 'records' | 'polls';

/** A call that came too soon. */
export interface Refusal {
  readonly description: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | null;
  /** The fault without which it would have been let through, as far as one can tell. */
  readonly fault: string | null;
}

/** The limits of one account; all earned. */
export interface Limits {
  readonly buckets: Readonly<Record<LimitName, TokenBucket>>;
  /** Lets a call in (undefined) or says why not. Whoever was let in has to leave. */
  enter(limit: LimitName, faults: CrmFaults): Refusal | undefined;
  leave(): void;
  /** Calls being worked on. */
  readonly inFlight: number;
  /** Zendesk's rate-limit headers, as they stand now. */
  headers(limit: LimitName): Readonly<Record<string, string>>;
}

const descriptions = {
  records: 'Number of allowed API requests per minute exceeded',
  polls: 'Number of allowed incremental ticket export API requests per minute exceeded',
  concurrency: 'Number of allowed concurrent API requests exceeded',
};

export function createLimits(clock: Clock, settings: CrmSettings): Limits {
  const buckets = {
    records: new TokenBucket(clock, settings.quotaPerSecond),
    polls: new TokenBucket(clock, settings.pollsPerSecond),
  };
  let inFlight = 0;

  const refuse = (what: keyof typeof descriptions, waitMs: number, form: RetryAfterForm = 'seconds'): Refusal => {
    const hint = retryAfter(form, waitMs, clock.now());
    return {
      description: descriptions[what],
      headers: hint.header === null ? {} : { 'Retry-After': hint.header },
      retryAfterMs: hint.waitMs,
      fault: null,
    };
  };

  const enter = (limit: LimitName, faults: CrmFaults): Refusal | undefined => {
    const cut = limit === 'records' ? faults.quotaCut() : undefined;
    if (cut) cut.counter.seen += 1;
    // A full house is asked about first, so that a refused call costs no token.
    if (inFlight >= settings.concurrency) return refuse('concurrency', settings.latencyMs);
    const waitMs = buckets[limit].take();
    if (waitMs === 0) {
      inFlight += 1;
      return undefined;
    }
    if (!cut) return refuse(limit, waitMs);
    const form = cut.form();
    count(cut.counter, form);
    return { ...refuse(limit, waitMs, form), fault: cut.counter.id };
  };

  return {
    buckets,
    enter,
    leave: () => void (inFlight -= 1),
    get inFlight() {
      return inFlight;
    },
    headers: (limit) => rateLimitHeaders(buckets[limit]),
  };
}

function count(counter: { altered: number; readonly figures: Record<string, number> }, form: RetryAfterForm): void {
  counter.altered += 1;
  const name = form === 'http-date' ? 'httpDate' : form;
  for (const figure of ['throttled', name]) counter.figures[figure] = (counter.figures[figure] ?? 0) + 1;
}

/**
 * `X-Rate-Limit` and its kin count calls per minute
 * (https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/best-practices-for-avoiding-rate-limiting/). What remains is
 * what the bucket holds, and the reset is when it is full again.
 */
function rateLimitHeaders(bucket: TokenBucket): Record<string, string> {
  const limit = String(Math.round(bucket.perSecond * 60));
  const remaining = String(Math.max(0, Math.floor(bucket.level)));
  return {
    'X-Rate-Limit': limit,
    'X-Rate-Limit-Remaining': remaining,
    'ratelimit-limit': limit,
    'ratelimit-remaining': remaining,
    'ratelimit-reset': String(Math.ceil(bucket.fullInMs / 1000)),
  };
}
