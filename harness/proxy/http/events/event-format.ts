import type { ResponseFacts } from '../http-toxic.ts';

/**
 * How a response streams events: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), or the binary event stream
 * of AWS, in which Bedrock answers (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the frames).
 */
export type EventFormat = 'server-sent events' | 'aws event stream';

/** Undefined where a response streams no events, or where they are compressed and nobody can see where one ends. */
export function eventFormatOf(head: ResponseFacts): EventFormat | undefined {
  const coding = head.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (coding !== '' && coding !== 'identity') return undefined;
  const type = head.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/event-stream') return 'server-sent events';
  if (type === 'application/vnd.amazon.eventstream') return 'aws event stream';
  return undefined;
}

function streamsEvents(head: ResponseFacts): boolean {
  return eventFormatOf(head) !== undefined;
}

/** What faults have in common that are done to the events of a response, of either format. */
export const ofEvents = { kind: 'body', fits: streamsEvents, readsBody: true } as const;
