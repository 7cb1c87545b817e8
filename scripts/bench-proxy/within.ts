import { systemClock } from '../../harness/kit/clock.ts';
import { waitUntil, withDeadline } from '../../harness/kit/deadline.ts';

/** What takes longer has failed. */
const defaultLimitMs = 30_000;

const clock = systemClock();

/** Waits for `work`; throws an error that says what was waited for when it takes longer than it may. `meantMs` is how long it is meant to take at least. */
export function within<T>(
  what: string,
  work: Promise<T>,
  { meantMs = 0, limitMs = defaultLimitMs }: { readonly meantMs?: number; readonly limitMs?: number } = {},
): Promise<T> {
  return withDeadline(clock, work, { what, limitMs: meantMs + limitMs });
}

/** Asks every `everyMs` until it is so; throws an error that says what was waited for. A check that throws counts as not yet. */
export async function untilTrue(what: string, check: () => boolean | Promise<boolean>, everyMs: number): Promise<void> {
  const limits = { what, limitMs: defaultLimitMs, everyMs };
  await waitUntil(clock, async () => ((await check()) ? true : undefined), limits);
}
