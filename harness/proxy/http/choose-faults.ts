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
 * toxic, the connection and `number`, which counts the requests of the connection from 1 on.
 */
export function chooseFaults(
  request: RequestFacts,
  settings: { readonly meetings: Iterable<HttpMeeting>; readonly number: number; readonly nowMs: number },
): readonly ChosenFault[] {
  const { meetings, number, nowMs } = settings;
  const chosen: ChosenFault[] = [];
  for (const meeting of meetings) {
    const { toxic } = meeting;
    const { attributes, kind } = toxic;
    toxic.requestsSeen += 1;
    if (!matches(attributes, request)) continue;
    toxic.requestsMatched += 1;
    if (!isTurn(attributes, toxic.requestsMatched) || !hasTimesLeft(attributes, toxic.requestsChosen)) continue;
    const random = meeting.random.fork(`request ${number}`);
    if (random.next() >= toxic.toxicity) continue;
    toxic.requestsChosen += 1;
    chosen.push({ meeting, random, fault: kind.faultFor(attributes, { random, nowMs }) });
  }
  return chosen;
}
