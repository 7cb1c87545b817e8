import type { Random } from '../../kit/random.ts';
import type { Meeting } from '../meeting.ts';
import type { HttpToxicKind, RequestFacts, RequestFault } from './http-toxic.ts';
import { hasTimesLeft, isTurn, matches } from './matcher.ts';

/** A toxic that is done to requests, and a connection. */
export type HttpMeeting = Meeting<HttpToxicKind>;

/** A fault that one request was chosen for. */
export interface ChosenFault {
  readonly meeting: HttpMeeting;
  readonly fault: RequestFault;
  /** Chance for this toxic and this request only. */
  readonly random: Random;
}

/**
 * What is done to a request: the faults of all toxics that it is chosen for, in their order. What is left to chance depends on the seed, the
 * toxic, the connection, and how many requests have been on that since the toxic came to it; other toxics shift nothing.
 */
export function chooseFaults(
  request: RequestFacts,
  settings: { readonly meetings: Iterable<HttpMeeting>; readonly nowMs: number },
): readonly ChosenFault[] {
  const { meetings, nowMs } = settings;
  const chosen: ChosenFault[] = [];
  for (const meeting of meetings) {
    const { toxic } = meeting;
    const { attributes, kind } = toxic;
    toxic.requestsSeen += 1;
    meeting.requests += 1;
    if (!matches(attributes, request)) continue;
    toxic.requestsMatched += 1;
    if (!isTurn(attributes, toxic.requestsMatched) || !hasTimesLeft(attributes, toxic.requestsChosen)) continue;
    const random = meeting.random.fork(`request ${meeting.requests}`);
    if (random.next() >= toxic.toxicity) continue;
    toxic.requestsChosen += 1;
    chosen.push({ meeting, random, fault: kind.faultFor(attributes, { random, nowMs }) });
  }
  return chosen;
}
