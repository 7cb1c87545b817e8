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
  /** Where in the frame the byte at that place in the text is; undefined where it is written in a way that we do not know. */
  placeOf(index: number): number | undefined;
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
    placeOf: (index) => {
      // Four characters of base64 are three bytes.
      const place = placeInField(body.toString('latin1'), Math.floor((index * 4) / 3));
      return place === undefined ? undefined : awsBodyPlace(frame).from + place;
    },
  };
}

/** The value of the field as it stands in the JSON: base64, whose slashes may be escaped. */
const bytesField = /"bytes"\s*:\s*"([^"]*)"/;

/** Where in the JSON the character with that number of the field is. */
function placeInField(json: string, index: number): number | undefined {
  const found = bytesField.exec(json);
  if (!found) return undefined;
  const [whole, value = ''] = found;
  const escaped = [...value.matchAll(/\\?[^\\]/g)].slice(0, index).reduce((sum, [one]) => sum + one.length, 0);
  return found.index + whole.length - 1 - value.length + escaped;
}

/**
 * Whether the text of a chunk says that the stream is whole. Models say that in words of their own: by a `type` that is one of `names`, or by an object of such a name, as
 * Nova does. What Bedrock adds to the last chunk of any of them are its metrics.
 */
export function isLastChunk(text: Buffer, names: ReadonlySet<string>): boolean {
  const fields = fieldsOf(text) ?? {};
  if ('amazon-bedrock-invocationMetrics' in fields) return true;
  const { type } = fields;
  if (typeof type === 'string') return names.has(type);
  return Object.entries(fields).some(([name, value]) => names.has(name) && typeof value === 'object' && value !== null);
}

function fieldsOf(json: Buffer): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(json.toString('utf8'));
    return typeof read === 'object' && read !== null ? { ...read } : undefined;
  } catch {
    return undefined;
  }
}
