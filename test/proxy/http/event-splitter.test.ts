import { EventStreamCodec } from '@smithy/core/event-streams';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventFormat } from '../../../harness/proxy/http/events/event-format.ts';
import { EventSplitter } from '../../../harness/proxy/http/events/event-splitter.ts';
import { cuts } from './arbitrary-messages.ts';
import { cutAt, oneByOne } from './framed.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.oneof(
  fc.string({ maxLength: 20 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, ' ')}`),
  fc.constantFrom('event: message_stop', ': a comment', 'id: 1', 'data', 'data: für 日本 😀', 'data: {"a":"\\n\\n"}'),
);
/** Events with one kind of line's end each, and what a parser of the standard has to find in them. */
const event = fc.tuple(fc.array(line, { minLength: 1, maxLength: 4 }), lineEnd).map(([lines, end]) => {
  const data = lines.filter((one) => one.startsWith('data')).map((one) => one.slice('data: '.length));
  return { text: `${lines.join(end)}${end}${end}`, data: data.length === 0 ? undefined : data.join('\n') };
});
const codec = new EventStreamCodec(
  (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8'),
  (text: string) => Buffer.from(text, 'utf8'),
);
const frame = fc.uint8Array({ maxLength: 100 }).map((body) => {
  const headers = { ':event-type': { type: 'string' as const, value: 'contentBlockDelta' } };
  return Buffer.from(codec.encode({ headers, body }));
});

/** The events as text, what was none behind them, and what was left at the end. */
function split(format: EventFormat, chunks: readonly Buffer[]): { events: string[]; raw: string; rest: string } {
  const splitter = new EventSplitter(format);
  const found = chunks.map((chunk) => splitter.split(chunk));
  const events = found.flatMap((one) => one.events).map((one) => one.toString('latin1'));
  const raw = found.map((one) => one.raw?.toString('latin1') ?? '').join('');
  return { events, raw, rest: splitter.rest().bytes.toString('latin1') };
}
/** What a parser of the standard finds in texts, each by itself. A line's end more, since it waits, too, for what a CR at the end belongs to. */
function dataOf(texts: readonly string[]): string[] {
  const seen: string[] = [];
  for (const text of texts)
    createParser({ onEvent: ({ data }) => seen.push(data) }).feed(`${Buffer.from(text, 'latin1').toString()}\n`);
  return seen;
}
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('the splitter of events', () => {
  it('finds each event with its end, with any line ends, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 6 }),
        cuts,
        fc.constantFrom('', 'data: cut of', 'data: x\n'),
        (made, places, rest) => {
          const bytes = Buffer.from(made.map(({ text }) => text).join('') + rest);
          const whole = split('server-sent events', [bytes]);
          expect(whole).toEqual({ events: made.map(({ text }) => latin1(text)), raw: '', rest });
          for (const chunks of [cutAt(bytes, places), oneByOne(bytes)])
            expect(split('server-sent events', chunks)).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('cuts where a parser of the standard does', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 6 }), (made) => {
        const { events, rest } = split('server-sent events', [Buffer.from(made.map(({ text }) => text).join(''))]);
        const each = [...events, rest].map((one) => {
          const seen: string[] = [];
          // A line's end more, since the parser, too, waits for what a CR at the end belongs to.
          createParser({ onEvent: ({ data }) => seen.push(data) }).feed(`${Buffer.from(one, 'latin1').toString()}\n`);
          return seen;
        });
        expect(each.flat()).toEqual(made.flatMap(({ data }) => data ?? []));
        expect(each.every((seen) => seen.length <= 1)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('takes any mixture of line ends as the standard does, however the bytes are cut, and waits for no more than a byte', () => {
    const mixed = fc.array(fc.tuple(fc.oneof(line, fc.constant('')), lineEnd), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(mixed, cuts, (lines, places) => {
        const text = lines.flat().join('');
        const bytes = Buffer.from(text);
        const whole = split('server-sent events', [bytes]);
        expect([...whole.events, whole.rest].join('')).toBe(latin1(text));
        expect(dataOf([...whole.events, whole.rest])).toEqual(dataOf([latin1(text)]));
        for (const one of whole.events) expect(dataOf([one]).length).toBeLessThanOrEqual(1);
        for (const chunks of [cutAt(bytes, places), oneByOne(bytes)])
          expect(split('server-sent events', chunks)).toEqual(whole);
        // By the byte at which each was given out: its last, or the one behind where that could have been half of a line's end.
        const splitter = new EventSplitter('server-sent events');
        let ended = 0;
        for (const [index, chunk] of oneByOne(bytes).entries())
          for (const one of splitter.split(chunk).events) {
            ended += one.length;
            expect(index + 1 - ended).toBeLessThanOrEqual(/[^\r]\r$/.test(one.toString('latin1')) ? 1 : 0);
          }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the LF of an empty line, that comes late, for no event', () => {
    const splitter = new EventSplitter('server-sent events');
    expect(splitter.split(Buffer.from('data: 1\r\r')).events.map(String)).toEqual(['data: 1\r\r']);
    expect(splitter.split(Buffer.from('\n')).events).toEqual([]);
    expect(splitter.rest()).toEqual({ bytes: Buffer.from('\n'), isEvent: false });
    splitter.split(Buffer.from('data: 2\n\n\n'));
    expect(splitter.rest()).toEqual({ bytes: Buffer.from('\n'), isEvent: true });
  });

  it('gives an event out with its last byte, however its lines end', () => {
    const splitter = new EventSplitter('server-sent events');
    const eventsOf = (text: string): string[] => splitter.split(Buffer.from(text)).events.map(String);
    expect(eventsOf('data: 1\n')).toEqual([]);
    expect(eventsOf('\n')).toEqual(['data: 1\n\n']);
    expect(eventsOf('data: 2\r\n\r\n')).toEqual(['data: 2\r\n\r\n']);
    expect(eventsOf('data: 3\r\r')).toEqual(['data: 3\r\r']);
  });

  it('finds frames of AWS, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), cuts, fc.nat(15), (frames, places, left) => {
        const bytes = Buffer.concat([
          ...frames,
          Buffer.from([0, 0, 0, 16, ...Array<number>(11).fill(0)]).subarray(0, left),
        ]);
        const whole = split('aws event stream', [bytes]);
        expect(whole.events).toEqual(frames.map((one) => one.toString('latin1')));
        expect(whole.rest).toHaveLength(left);
        for (const chunks of [cutAt(bytes, places), oneByOne(bytes)])
          expect(split('aws event stream', chunks)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['server-sent events', 'aws event stream'] as const)(
    'hands on any bytes whole and in order as %s',
    (format) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, places) => {
          const { events, raw, rest } = split(format, cutAt(Buffer.from(bytes), places));
          expect(events.join('') + raw + rest).toBe(Buffer.from(bytes).toString('latin1'));
        }),
        { numRuns: 500 },
      );
    },
  );

  it.each(['server-sent events', 'aws event stream'] as const)(
    'keeps no more than 16 MiB of one event as %s',
    (format) => {
      const splitter = new EventSplitter(format);
      const begin = Buffer.alloc(1_000_000, 'x');
      // Of a frame: its length, the longest that is waited for.
      begin.writeUInt32BE(16 * 1024 * 1024);
      let given = 0;
      for (let count = 1; count <= 20; count++) {
        const { events, raw } = splitter.split(count === 1 ? begin : Buffer.alloc(1_000_000, 'x'));
        for (const one of [...events, ...(raw ? [raw] : [])]) given += one.length;
        expect(count * 1_000_000 - given).toBeLessThanOrEqual(17_000_000);
      }
      expect(splitter.rest().bytes.length + given).toBe(20_000_000);
    },
  );

  it('takes a long event in small pieces about as fast as in large ones: what is kept is not copied for each of them', () => {
    const copied: number[] = [];
    for (const size of [1400, 140_000]) {
      const splitter = new EventSplitter('server-sent events');
      const piece = Buffer.alloc(size, 'x');
      const fromMs = performance.now();
      for (let sent = 0; sent < 8_000_000; sent += size) splitter.split(piece);
      copied.push(performance.now() - fromMs);
    }
    // Quadratic, the first takes a hundred times as long; it was seen to take less than three times.
    expect(copied[0]).toBeLessThan(30 * Math.max(5, copied[1] ?? 0));
  });
});
