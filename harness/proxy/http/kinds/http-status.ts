import { formatted, numberOf, textOf, type AttributeValues, type HttpToxicKind } from '../http-toxic.ts';
import { codeAttribute, vendorError, vendors, type Vendor } from '../vendor-errors.ts';
import type { VendorError } from '../vendors/vendor-error.ts';

const fieldsFormat = 'lines of "name: value"';
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const framing =
  'the proxy says itself how long the body is, since what comes behind it on the connection would be lost';
const keeping = 'whether the connection is kept is what the client asks for';
/** Fields that nobody can set, and why. */
const reserved: ReadonlyMap<string, string> = new Map([
  ['content-length', `${framing}; http_length says a wrong length`],
  ['transfer-encoding', framing],
  ['connection', keeping],
  ['keep-alive', keeping],
  ['proxy-connection', keeping],
]);

/**
 * Answers in the place of the server, which never hears of the request. `retry_after` is put on the wire as it is - `1`, `-5`, `soon` -, but for
 * `date+30` and `date-30`, which become the HTTP date so many seconds from now.
 */
export const httpStatus: HttpToxicKind = {
  layer: 'http',
  type: 'http_status',
  attributes: {
    status: { from: 200, to: 599, unit: 'status', default: 503 },
    /** Whose error the body looks like; it can be another by `body`. */
    vendor: { choices: ['', ...vendors] },
    /** Which of the vendor's errors: `insufficient_quota`. */
    code: codeAttribute,
    body: { mostCharacters: 65_536 },
    /** Fields of the head, one in a line: `x-should-retry: false`. They take the place of the vendor's; one that is given several times is sent so. */
    headers: {
      mostCharacters: 8192,
      format: `${fieldsFormat}, none of them ${[...reserved.keys()].join(', ')}`,
      problem: (text) => linesOf(text).map(fieldProblem).find(Boolean),
    },
    /** Default what the vendor sends; `none` leaves that out, too. */
    retry_after: formatted(
      'one line, as it is put into the head; "date+30" or "date-30" for the date so many seconds from then, "none" for nothing',
      fieldValue,
    ),
  },
  faultFor: (attributes, { nowMs }) => {
    const known = errorOf(attributes, nowMs);
    const own = textOf(attributes, 'body');
    return {
      kind: 'answer',
      status: numberOf(attributes, 'status'),
      headers: headersOf(attributes, known, nowMs),
      body: Buffer.from(own === '' ? known.body : own),
    };
  },
};

function errorOf(attributes: AttributeValues, nowMs: number): VendorError {
  const vendor = textOf(attributes, 'vendor');
  if (vendor === '') return { contentType: 'text/plain; charset=utf-8', headers: {}, body: '' };
  const [status, code] = [numberOf(attributes, 'status'), textOf(attributes, 'code')];
  return vendorError(vendor as Vendor, { status, code, nowMs, waitSeconds: waitSecondsOf(attributes) });
}

function headersOf(attributes: AttributeValues, { contentType, headers: known }: VendorError, nowMs: number): Headers {
  const headers = new Headers({ 'content-type': contentType, ...known });
  const own = linesOf(textOf(attributes, 'headers')).map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  for (const { name } of own) headers.delete(name);
  for (const { name, value } of own) headers.append(name, value);
  const retryAfter = textOf(attributes, 'retry_after');
  if (retryAfter === 'none') headers.delete('retry-after');
  else if (retryAfter !== '') headers.set('retry-after', retryAfterText(retryAfter, nowMs));
  return headers;
}

/** What the header will say in seconds; a date that is over, or what is no time, leaves the vendor's own, a second. */
function waitSecondsOf(attributes: AttributeValues): number {
  const [, seconds] = /^(?:date\+)?([0-9]{1,9})$/.exec(textOf(attributes, 'retry_after')) ?? [];
  return Number(seconds ?? 1);
}

function retryAfterText(text: string, nowMs: number): string {
  const [, sign, seconds] = /^date([+-])([0-9]{1,9})$/.exec(text) ?? [];
  if (seconds === undefined) return text;
  return new Date(nowMs + (sign === '-' ? -1 : 1) * Number(seconds) * 1000).toUTCString();
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** What a line should be instead, where it is no field, or one that the proxy has to set itself. */
function fieldProblem(line: string): string | undefined {
  const [, name, value = ''] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*:(.*)$/.exec(line) ?? [];
  if (name === undefined || !fieldValue.test(value)) return `${fieldsFormat}, which ${JSON.stringify(line)} is not`;
  const why = reserved.get(name.toLowerCase());
  return why === undefined ? undefined : `${fieldsFormat} without ${name}: ${why}`;
}
