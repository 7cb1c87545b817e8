import { EventStreamCodec } from '@smithy/core/event-streams';

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const codec = new EventStreamCodec(toText, (text: string) => Buffer.from(text, 'utf8'));

/** A frame that says that the stream broke, as Bedrock sends it after status 200. `type` is the name of the exception, as `throttlingException`. */
export function awsException(type: string, data: object): Buffer {
  return encoded({ ':message-type': 'exception', ':exception-type': type }, data);
}

/** An event of that type, as `messageStop`. */
export function awsEvent(type: string, data: object): Buffer {
  return encoded({ ':message-type': 'event', ':event-type': type }, data);
}

function encoded(kind: Readonly<Record<string, string>>, data: object): Buffer {
  const all = { ...kind, ':content-type': 'application/json' };
  const headers = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, { type: 'string' as const, value }]),
  );
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(data)) }));
}

/** What kind of event a frame is, as `messageStop`; undefined where it says none, or is no frame. */
export function awsEventType(frame: Buffer): string | undefined {
  const type = decoded(frame)?.headers[':event-type'];
  return type?.type === 'string' ? type.value : undefined;
}

/** What a frame carries; undefined where it is none. */
export function awsBody(frame: Buffer): Buffer | undefined {
  const body = decoded(frame)?.body;
  return body && Buffer.from(body);
}

/** Where in a frame its body is: behind lengths, their checksum and the headers, and before the last checksum. */
export function awsBodyPlace(frame: Buffer): { readonly from: number; readonly to: number } {
  const lengths = 12;
  return frame.length < lengths ? { from: 0, to: 0 } : { from: lengths + frame.readUInt32BE(4), to: frame.length - 4 };
}

/** The same frame with something else in it, its checksums in order; undefined where it is none. */
export function withAwsBody(frame: Buffer, body: Buffer): Buffer | undefined {
  const message = decoded(frame);
  return message && Buffer.from(codec.encode({ headers: message.headers, body }));
}

function decoded(frame: Buffer): ReturnType<typeof codec.decode> | undefined {
  try {
    return codec.decode(frame);
  } catch {
    return undefined;
  }
}
