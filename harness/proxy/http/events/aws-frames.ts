import { EventStreamCodec } from '@smithy/core/event-streams';

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const codec = new EventStreamCodec(toText, (text: string) => Buffer.from(text, 'utf8'));

/** A frame that says that the stream broke, as Bedrock sends it after status 200. `type` is the name of the exception, as `throttlingException`. */
export function awsException(type: string, message: string): Buffer {
  const text = (value: string): { type: 'string'; value: string } => ({ type: 'string', value });
  const headers = {
    ':message-type': text('exception'),
    ':exception-type': text(type),
    ':content-type': text('application/json'),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify({ message })) }));
}

/** What kind of event a frame is, as `messageStop`; undefined where it says none, or is no frame. */
export function awsEventType(frame: Buffer): string | undefined {
  try {
    const type = codec.decode(frame).headers[':event-type'];
    return type?.type === 'string' ? type.value : undefined;
  } catch {
    return undefined;
  }
}
