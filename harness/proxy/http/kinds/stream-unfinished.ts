import { awsEventType } from '../events/aws-frames.ts';
import { streamsEvents, type EventFormat } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { readServerSent } from '../events/server-sent.ts';
import type { HttpToxicKind } from '../http-toxic.ts';

/** The last event of a stream by its name: OpenAI's responses, Anthropic's messages, Bedrock's converse, and what is usual elsewhere. */
const lastNames = new Set([
  ...['message_stop', 'messageStop', 'response.completed', 'response.incomplete', 'response.failed'],
  ...['done', 'end', 'complete'],
]);

/** The event that says that the stream is whole is missing: `[DONE]`, `message_stop`, `messageStop` and their like. The response ends well. */
export const streamUnfinished: HttpToxicKind = {
  layer: 'http',
  type: 'stream_unfinished',
  attributes: {},
  faultFor: () => ({
    kind: 'body',
    fits: streamsEvents,
    changesLength: true,
    start: (outlet, head) => new UnfinishedEvents(outlet, head),
  }),
};

class UnfinishedEvents extends EventStage {
  protected override event(event: Buffer): void {
    if (isLast(event, this.format)) this.outlet.altered(event.length, 'dropped');
    else this.outlet.forward(event);
  }
}

function isLast(event: Buffer, format: EventFormat): boolean {
  if (format === 'aws event stream') return lastNames.has(awsEventType(event) ?? '');
  const read = readServerSent(event);
  return read !== undefined && (read.data === '[DONE]' || lastNames.has(read.name ?? ''));
}
