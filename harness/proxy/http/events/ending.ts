import { awsChunk, isLastChunk } from './aws-chunks.ts';
import { awsBody, awsEventType, withAwsBody } from './aws-frames.ts';
import type { EventFormat } from './event-format.ts';
import { readServerSent } from './server-sent.ts';

/** The last event of a stream by its name: OpenAI's responses, Anthropic's messages, Bedrock's converse, and what is usual elsewhere. */
const lastNames = new Set([
  ...['message_stop', 'messageStop', 'response.completed', 'response.incomplete', 'response.failed'],
  ...['done', 'end', 'complete'],
]);

/** Whether an event says that the stream is whole. */
export function isLast(event: Buffer, format: EventFormat): boolean {
  if (format === 'aws event stream') {
    const chunk = awsChunk(event);
    return chunk ? isLastChunk(chunk.text, lastNames) : lastNames.has(awsEventType(event) ?? '');
  }
  const read = readServerSent(event);
  return read !== undefined && (read.data === '[DONE]' || lastNames.has(read.name ?? ''));
}

/** Why an answer ends, in the words of OpenAI, of Anthropic, of Bedrock and of Titan. In a text that quotes it the marks are escaped. */
const reason = /"(finish_reason|stop_reason|stopReason|completionReason)"\s*:\s*"[^"]*"/g;

/** The event without the reason why the answer ends; undefined where it says none. */
export function withoutReason(event: Buffer, format: EventFormat): Buffer | undefined {
  const isBinary = format === 'aws event stream';
  const chunk = isBinary ? awsChunk(event) : undefined;
  const text = (chunk?.text ?? (isBinary ? awsBody(event) : event))?.toString('utf8') ?? '';
  const changed = text.replace(reason, '"$1":null');
  if (changed === text) return undefined;
  const bytes = Buffer.from(changed);
  if (chunk) return chunk.with(bytes);
  return isBinary ? withAwsBody(event, bytes) : bytes;
}
