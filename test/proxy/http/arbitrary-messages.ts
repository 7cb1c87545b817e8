import fc from 'fast-check';

/** A message as it is made, and what has to be found of it. */
export interface Made {
  readonly text: string;
  readonly first: string;
  readonly body: string;
  /** Of the request that it answers. */
  readonly method: string;
}

const name = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
const value = fc.stringMatching(/^[\t !-~\x80-\xff]{0,20}$/);
const field = fc.tuple(name, value).map(([key, text]) => `${key}:${text}`);
const fields = fc.array(field, { maxLength: 5 });
/** Any bytes, also such as look like the end of a head, as latin1. */
const body = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')) }, // prettier-ignore
  { weight: 1, arbitrary: fc.constantFrom('\r\n\r\n', '0\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\n', '\r') },
);
/** A name of a field is not looked at for its case. */
const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    text,
    text.toUpperCase(),
    text.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  );
const extension = fc.constantFrom('', ' ', ';a', ';a=b', '; a="x y"', '\t;q=0.1');
const chunked = fc
  .record({
    pieces: fc.array(fc.tuple(body, extension), { maxLength: 5 }),
    last: extension,
    trailer: fields,
    upper: fc.boolean(),
  })
  .map(({ pieces, last, trailer, upper }) => {
    const size = (text: string): string =>
      upper ? text.length.toString(16).toUpperCase() : `0${text.length.toString(16)}`;
    const chunks = pieces.map(([text, more]) => `${size(text)}${more}\r\n${text}\r\n`);
    return {
      body: pieces.map(([text]) => text).join(''),
      wire: `${chunks.join('')}0${last}\r\n${trailer.map((line) => `${line}\r\n`).join('')}\r\n`,
    };
  });
/** Field, and what is behind the head; `body` as it is without its framing. */
const framed = fc.oneof(
  fc.constant({ field: undefined, wire: '', body: '' }),
  fc.constantFrom('0', '000').map((zero) => ({ field: `content-length: ${zero}`, wire: '', body: '' })),
  fc.tuple(body, anyCase('content-length'), fc.constantFrom('', ', same')).map(([text, key, twice]) => ({
    field: `${key}:${text.length}${twice === '' ? '' : `, ${text.length}`}`,
    ...{ wire: text, body: text },
  })),
  fc
    .tuple(chunked, anyCase('transfer-encoding'), fc.constantFrom('chunked', 'gzip, chunked', 'Chunked \t'))
    .map(([{ body: text, wire }, key, coding]) => ({ field: `${key}: ${coding}`, wire, body: text })),
);

export const request: fc.Arbitrary<Made> = fc
  .record({
    blank: fc.constantFrom('', '', '', '\r\n', '\r\n\r\n\r\n'),
    method: fc.constantFrom('GET', 'POST', 'M-SEARCH', 'HEAD', 'x'),
    target: fc.constantFrom('/', '/a?b=c', 'http://example.test/x', '*', '/%20:ü'),
    minor: fc.constantFrom('0', '1'),
    before: fields,
    framed,
    after: fields,
  })
  .map(({ blank, method, target, minor, before, framed: { field: one, wire, body: text }, after }) => {
    // In an old request chunks are faulty framing (RFC 9112 section 6.1): nobody can say where it ends.
    const version = one !== undefined && /^transfer-encoding/i.test(one) ? '1' : minor;
    const lines = [`${method} ${target} HTTP/1.${version}`, ...before, ...(one === undefined ? [] : [one]), ...after];
    return { text: `${blank}${lines.join('\r\n')}\r\n\r\n${wire}`, first: method, body: text, method };
  });

/** One that does not need the end of the connection. */
export const response: fc.Arbitrary<Made> = fc
  .record({
    interim: fc.array(fc.constantFrom('100 Continue', '103 Early Hints'), { maxLength: 2 }),
    kind: fc.constantFrom('body', 'HEAD', '204 No Content', '304 Not Modified'),
    reason: fc.constantFrom(' OK', ' ', '', ' \xfcblich'),
    before: fields,
    framed: framed.filter((one) => one.field !== undefined),
  })
  .map(({ interim, kind, reason, before, framed: { field: one, wire, body: text } }) => {
    const hasBody = kind === 'body';
    const status = kind === 'body' || kind === 'HEAD' ? `200${reason}` : kind;
    const early = interim.map((line) => `HTTP/1.1 ${line}\r\nx-early: 1\r\n\r\n`).join('');
    const head = [`HTTP/1.1 ${status}`, ...before, one].join('\r\n');
    return {
      text: `${early}${head}\r\n\r\n${hasBody ? wire : ''}`,
      ...{ first: status.slice(0, 3), body: hasBody ? text : '', method: kind === 'HEAD' ? 'HEAD' : 'GET' },
    };
  });

/** Where bytes are cut, as shares of the whole. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** What is no HTTP, or only looks like it, in many ways. As latin1. */
export const nonsense: fc.Arbitrary<string> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET / HTTP/1.1\r\nhost: a\r\n folded: b\r\n\r\n',
    'GET / HTTP/1.1\nhost: a\n\n',
    'GET / HTTP/1.1\r\nhost: a\n\r\n\r\n',
    'GET / HTTP/1.1\r\nhost : a\r\n\r\n',
    'GET / HTTP/1.1\r\nno colon\r\n\r\n',
    'GET / HTTP/1.1\r\nx: a\rb\r\n\r\n',
    'GET / HTTP/1.1\r\nx: a\0b\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/2.0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'EHLO localhost\r\n',
    'PING\r\n',
    'POST / HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd',
    'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\nabcd',
    'POST / HTTP/1.1\r\ncontent-length: 4x\r\n\r\nabcd',
    'POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\nabcd',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;a\0b\r\nabc\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\n\r\n',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.2 200 OK\r\n\r\n',
    '220 ready\r\n',
    `GET / HTTP/1.1\r\nx: ${'a'.repeat(140_000)}\r\n\r\n`,
    `GET /${'a'.repeat(140_000)}`,
    `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;${'a'.repeat(5000)}\r\nabc\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${'a'.repeat(140_000)}\r\n\r\n`,
  ),
);
