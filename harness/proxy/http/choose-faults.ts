import type { Random } from '../../kit/random.ts';
import type { Meeting } from '../meeting.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import type { Decision } from '../toxics/toxic.ts';
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
 * toxic, the connection, and how many requests that match have been on that since the toxic came to it; other toxics, and requests that do not match,
 * shift nothing.
 */
export function chooseFaults(
  request: RequestFacts,
  settings: { readonly meetings: Iterable<HttpMeeting>; readonly nowMs: number },
): readonly ChosenFault[] {
  const { meetings, nowMs } = settings;
  const chosen: ChosenFault[] = [];
  for (const meeting of meetings) {
    const { toxic } = meeting;
    const { attributes } = toxic;
    toxic.requestsSeen += 1;
    if (!matches(attributes, request)) continue;
    toxic.requestsMatched += 1;
    meeting.requestsMatched += 1;
    if (!isTurn(attributes, toxic.requestsMatched) || !hasTimesLeft(attributes, toxic.requestsChosen)) continue;
    const place = { number: meeting.requestsMatched, random: meeting.random, nowMs, note: meeting.decided };
    const decided = decideRequest(toxic, place);
    if (!decided) continue;
    toxic.requestsChosen += 1;
    chosen.push({ meeting, ...decided });
  }
  return chosen;
}

/** What is left to chance of a request that matches. Undefined where it is not chosen. */
export function decideRequest(
  { kind, attributes, toxicity }: ActiveToxic<HttpToxicKind>,
  request: {
    /** Which it is of those of the connection that match since the toxic came to it, from 1. */
    readonly number: number;
    /** Chance for the toxic on the connection. */
    readonly random: Random;
    readonly nowMs: number;
    /** Told of the decisions. Undefined while nobody wants to know. */
    readonly note?: ((decision: Decision) => void) | undefined;
  },
): { readonly fault: RequestFault; readonly random: Random } | undefined {
  const { number, note, nowMs } = request;
  const random = request.random.fork(`request ${number}`);
  const drawn = random.next();
  const isChosen = drawn < toxicity;
  note?.({ what: 'toxicity', place: number, drawn, outcome: isChosen });
  if (!isChosen) return undefined;
  const decided = note && ((decision: Omit<Decision, 'place'>): void => note({ place: number, ...decision }));
  return { random, fault: kind.faultFor(attributes, { random, nowMs, decided }) };
}
