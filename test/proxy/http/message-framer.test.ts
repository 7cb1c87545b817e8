import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cuts, nonsense, request, response, type Made } from './arbitrary-messages.ts';
import { cutAt, frame, oneByOne, type Told } from './framed.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const textOf = (made: readonly Made[]): string => made.map(({ text }) => text).join('');
/** Without the interim heads, which have no body. */
const final = ({ messages }: Told): object[] =>
  messages.filter(({ first }) => !/^1/.test(first)).map(({ first, body, isWhole }) => ({ first, body, isWhole }));
/** What is told, whatever the pieces were in which the bytes came. */
const content = ({ messages, opaque, raw }: Told): object => ({ messages, opaque, raw });

describe('the framer of messages', () => {
  it.each(['request', 'response'] as const)('finds the same %ss, each byte once, however the bytes are cut', (kind) => {
    fc.assert(
      fc.property(
        fc.array(kind === 'request' ? request : response, { minLength: 1, maxLength: 4 }),
        cuts,
        (made, places) => {
          const bytes = bytesOf(textOf(made));
          const methods = made.map(({ method }) => method);
          const whole = frame(kind, [bytes], methods);
          expect(final(whole)).toEqual(made.map(({ first, body }) => ({ first, body, isWhole: true })));
          expect([whole.opaque, whole.raw === bytes.toString('latin1')]).toEqual(['', true]);
          expect(whole.messages.map(({ raw }) => raw).join('')).toBe(whole.raw);
          expect(content(frame(kind, cutAt(bytes, places), methods))).toEqual(content(whole));
          expect(content(frame(kind, oneByOne(bytes), methods))).toEqual(content(whole));
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(['request', 'response'] as const)(
    'knows of each beginning of a %s the same, whether it has come at once or byte by byte',
    (kind) => {
      const spoiled = fc.record({
        made: kind === 'request' ? request : response,
        place: fc.double({ min: 0, max: 1, noNaN: true }),
        what: fc.constantFrom('', '\n', '\r', '\r\n', '\r\n\r\n', ' ', '\0', 'x', ':', 'HTTP/1.1'),
        empty: fc.constantFrom('', '\r\n', '\r\n\r\n'),
      });
      fc.assert(
        fc.property(spoiled, ({ made, place, what, empty }) => {
          const at = Math.floor(place * made.text.length);
          const bytes = bytesOf(empty + made.text.slice(0, at) + what + made.text.slice(at)).subarray(0, 300);
          const methods = [made.method];
          for (let end = 1; end <= bytes.length; end++) {
            const begun = bytes.subarray(0, end);
            const atOnce = frame(kind, [begun], methods, false);
            expect(content(frame(kind, oneByOne(begun), methods, false))).toEqual(content(atOnce));
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('looks at nothing twice: a head in small pieces costs no more than some of its bytes do', () => {
    let looked = 0;
    type Method = (this: Buffer, ...asked: unknown[]) => unknown;
    // Not spies, which would keep all that they are given.
    const methods = Buffer.prototype as unknown as { toString: Method; indexOf: Method };
    const { toString, indexOf } = methods;
    methods.toString = function (...asked) {
      const text = Reflect.apply(toString, this, asked);
      looked += String(text).length;
      return text;
    };
    methods.indexOf = function (...asked) {
      const at = Reflect.apply(indexOf, this, asked);
      looked += (at === -1 ? this.length : Number(at) + 1) - Number(asked[1]);
      return at;
    };
    try {
      for (const line of ['GET /', 'GET / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n'])
        for (const piece of line === 'GET /' ? ['abcdefgh'] : ['abcdefgh', 'a: b\r\nc:', 'a:b\r\n'])
          frame('request', [line, ...Array<string>(10_000).fill(piece)].map(bytesOf), [], false);
    } finally {
      Object.assign(methods, { toString, indexOf });
    }
    // Up to half a million bytes have come.
    expect(looked).toBeLessThan(10_000_000);
  });

  it('tells of the end of a message with its last byte, not later', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), (made) => {
        let sum = 0;
        const ends = made.map(({ text }) => (sum += text.length));
        expect(frame('request', oneByOne(bytesOf(textOf(made))), [], false).wholeAt).toEqual(ends);
      }),
      { numRuns: 200 },
    );
  });

  it('ends a body that has neither length nor chunks with the connection', () => {
    fc.assert(
      fc.property(response, fc.uint8Array({ maxLength: 100 }), cuts, (made, body, places) => {
        const text = Buffer.from(body).toString('latin1');
        const bytes = bytesOf(`${made.text}HTTP/1.0 200 OK\r\n\r\n${text}`);
        const told = frame('response', cutAt(bytes, places), [made.method, 'GET']);
        expect(final(told).at(-1)).toEqual({ first: '200', body: text, isWhole: true });
        expect([told.raw === bytes.toString('latin1'), told.opaque]).toEqual([true, '']);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['request', 'response'] as const)('hands on what is no %s, from there on, with no byte changed', (kind) => {
    fc.assert(
      fc.property(
        fc.array(kind === 'request' ? request : response, { maxLength: 2 }),
        nonsense,
        cuts,
        (made, odd, places) => {
          const bytes = bytesOf(textOf(made) + odd);
          const methods = made.map(({ method }) => method);
          const whole = frame(kind, [bytes], methods);
          expect(whole.raw === bytes.toString('latin1')).toBe(true);
          expect(final(whole).slice(0, made.length)).toEqual(made.map(({ first, body }) => ({ first, body, isWhole: true }))); // prettier-ignore
          expect(content(frame(kind, cutAt(bytes, places), methods))).toEqual(content(whole));
          if (bytes.length < 4000) expect(content(frame(kind, oneByOne(bytes), methods))).toEqual(content(whole));
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    ['a greeting of SMTP', 'EHLO localhost\r\n'],
    ['a command of Redis', 'PING\r\n'],
    ['a hello of TLS', '\x16\x03\x01\x02'],
    ['lines that end with LF', 'GET / HTTP/1.1\nhost: a\n'],
    ['one line that ends with LF', 'GET / HTTP/1.1\r\nhost: a\nx: y'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n'],
    ['a size that is none', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx'],
    ['a trailer that ends with LF', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\n'],
    ['a trailer without a colon', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx y\r\n'],
  ])('does not wait for the rest of %s', (_what, text) => {
    // Whoever sent it waits for an answer and sends nothing more, so it must not be held.
    expect(frame('request', [bytesOf(text)], [], false).raw).toBe(text);
    expect(frame('request', oneByOne(bytesOf(text)), [], false).raw).toBe(text);
  });

  it('takes a size with zeros before it, however many fit into its line', () => {
    const zeros = (count: number): string =>
      `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${'0'.repeat(count)}2\r\nxy\r\n${'0'.repeat(count)}\r\n\r\n`;
    for (const cuts of [[], [0.3], [0.6]])
      expect(frame('request', cutAt(bytesOf(zeros(100)), cuts))).toMatchObject({
        opaque: '',
        messages: [{ body: 'xy' }],
      });
  });

  it('takes heads up to 128 KiB, size lines up to 4 KiB, and none that is longer by a byte', () => {
    const head = (length: number): string => {
      const empty = 'GET / HTTP/1.1\r\nx: \r\n\r\n';
      return empty.replace('x: ', `x: ${'a'.repeat(length - empty.length)}`);
    };
    const chunk = (length: number): string =>
      `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;${'a'.repeat(length - 4)}\r\nx\r\n0\r\n\r\n`;
    const halves = (text: string): Buffer[] => cutAt(bytesOf(text), [0.999]);
    for (const split of [(text: string) => [bytesOf(text)], halves]) {
      expect(frame('request', split(head(131_072))).messages).toHaveLength(1);
      expect(frame('request', split(head(131_073)))).toMatchObject({ messages: [], opaque: head(131_073) });
      expect(frame('request', split(chunk(4096)))).toMatchObject({ opaque: '', messages: [{ body: 'x' }] });
      expect(frame('request', split(chunk(4097))).opaque).toContain('1;aaa');
    }
  });
});
