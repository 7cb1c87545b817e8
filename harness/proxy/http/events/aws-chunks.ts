import { awsBody, awsBodyPlace, awsEventType, withAwsBody } from './aws-frames.ts';

/**
 * What a frame of Bedrock's `InvokeModelWithResponseStream` carries: every one is a `chunk`, its body `{"bytes": …}` with an event of the model's own
 * API in base64, which says what it is (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html).
 */
export interface AwsChunk {
  /** JSON of the model. */
  readonly text: Buffer;
  /** The frame with another text in it. */
  with(text: Buffer): Buffer;
  /** Where in the frame the byte at that place in the text is. */
  placeOf(index: number): number;
}

/** Undefined where a frame is none, as those of `ConverseStream`. */
export function awsChunk(frame: Buffer): AwsChunk | undefined {
  if (awsEventType(frame) !== 'chunk') return undefined;
  const body = awsBody(frame);
  const fields = body && fieldsOf(body);
  const bytes = fields?.['bytes'];
  if (!body || typeof bytes !== 'string') return undefined;
  return {
    text: Buffer.from(bytes, 'base64'),
    with: (text) =>
      withAwsBody(frame, Buffer.from(JSON.stringify({ ...fields, bytes: text.toString('base64') }))) ?? frame,
    // Four characters of base64 are three bytes.
    placeOf: (index) => awsBodyPlace(frame).from + body.indexOf(bytes) + Math.floor((index * 4) / 3),
  };
}

/**
 * Whether the text of a chunk says that the stream is whole, which models say in words of their own; what Bedrock adds to the last chunk of any of them are its
 * metrics. `names` are those of last events.
 */
export function isLastChunk(text: Buffer, names: ReadonlySet<string>): boolean {
  const fields = fieldsOf(text);
  if (!fields) return false;
  const { type } = fields;
  if (typeof type === 'string') return names.has(type);
  return Object.keys(fields).some((name) => name === 'amazon-bedrock-invocationMetrics' || names.has(name));
}

function fieldsOf(json: Buffer): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(json.toString('utf8'));
    return typeof read === 'object' && read !== null ? { ...read } : undefined;
  } catch {
    return undefined;
  }
}
