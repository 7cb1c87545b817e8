/** What `fetch` takes for a body. */
export type GivenBody = NonNullable<RequestInit['body']>;

/** A body of which it is known how long it is, and that can be sent again. */
export type KnownBody = string | ArrayBuffer | NodeJS.ArrayBufferView<ArrayBuffer> | Blob | FormData | URLSearchParams;

/** Whether the length is known without reading it: of a stream it is not. */
export function isKnown(body: GivenBody): body is KnownBody {
  return (
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof URLSearchParams ||
    body instanceof Blob ||
    body instanceof FormData
  );
}

/** The bytes of a body on the wire. */
export function bytesOf(body: KnownBody | null): number {
  if (body === null) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Blob) return body.size;
  if (body instanceof FormData) return bytesOfForm(body);
  if (body instanceof URLSearchParams) return body.toString().length;
  return body.byteLength;
}

/** As long as the platform's: `----formdata-undici-0` and eleven digits. */
const boundary = '-'.repeat(32);

/** The parts of a form and what is between them (RFC 7578), without making them. */
function bytesOfForm(form: FormData): number {
  let bytes = `--${boundary}--\r\n`.length;
  for (const [name, value] of form) {
    const start = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(withLineEnds(name))}"`;
    if (typeof value === 'string') bytes += Buffer.byteLength(`${start}\r\n\r\n${withLineEnds(value)}\r\n`);
    else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      const head = `${start}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n\r\n`;
      bytes += Buffer.byteLength(head) + value.size;
    }
  }
  return bytes;
}

function withLineEnds(text: string): string {
  return text.replaceAll(/\r?\n|\r/g, '\r\n');
}

function quoted(text: string): string {
  return text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
