import { describe, expect, it } from 'vitest';
import { EdgeBench } from './edge-bench.ts';

const get = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
const events = 'data: 1\n\ndata: 2\n\ndata: 3\n\n';

/** What is said of the toxics that were at one response, whose body comes in pieces of so many bytes. */
function receipts(
  toxics: readonly (readonly [type: string, attributes: Record<string, number | string>])[],
  { head, body, pieceBytes }: { readonly head: string; readonly body: string; readonly pieceBytes: number },
) {
  const bench = new EdgeBench();
  for (const [type, attributes] of toxics) bench.add(type, attributes);
  bench.client.say(get);
  bench.server.say(Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`));
  for (let at = 0; at < body.length && bench.outcome === undefined; at += pieceBytes)
    bench.server.say(Buffer.from(body.slice(at, at + pieceBytes)));
  const accounts = bench.toxics.map((toxic) => {
    const { requestsAltered, bytesAdded, bytesDropped, bytesCorrupted } = toxic.account();
    return { requestsAltered, bytesAdded, bytesDropped, bytesCorrupted };
  });
  return { bench, accounts, text: bench.client.text };
}
const stream = `content-type: text/event-stream\r\ncontent-length: ${events.length}`;
const none = { requestsAltered: 0, bytesAdded: 0, bytesDropped: 0, bytesCorrupted: 0 };

describe('the receipt of a toxic, however the body is cut into pieces', () => {
  it.each([
    ['stream_error', { events: 1 }],
    ['stream_drop', { event: 2 }],
    ['stream_duplicate', { event: 2 }],
    ['stream_garble', { event: 2 }],
    ['stream_cut', { events: 1 }],
  ])('does not show what %s with %j did to a body that a toxic behind it had ended', (type, attributes) => {
    for (const pieceBytes of [1, 9, 100]) {
      const body = { head: stream.replace(/\r\ncontent-length.*/, ''), body: events, pieceBytes };
      const { accounts, text } = receipts([[type, attributes], ['http_cut', { bytes: 5 }]], body); // prettier-ignore
      expect(text).toMatch(/\r\n\r\ndata:$/);
      expect(accounts).toEqual([none, { ...none, requestsAltered: 1 }]);
    }
  });

  it.each([
    ['what is missing of the length that the head says', 'content-length: 20', 15],
    ['nothing where it says none', 'connection: close', 0],
  ])('of http_cut counts %s', (_what, head, bytesDropped) => {
    for (const pieceBytes of [1, 5, 6, 20]) {
      const { accounts } = receipts([['http_cut', { bytes: 5 }]], { head, body: 'x'.repeat(20), pieceBytes });
      expect(accounts).toEqual([{ ...none, requestsAltered: 1, bytesDropped }]);
    }
  });
});

describe('a fault that finds nothing to do', () => {
  const small = { head: 'content-length: 5', body: 'hello', pieceBytes: 5 };
  const plain = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';

  it.each([5, 1000])('leaves a response alone that says that it is not longer than %i bytes', (bytes) => {
    const { bench, accounts, text } = receipts([['http_cut', { bytes, how: 'end' }]], small);
    expect([text, bench.outcome, accounts]).toEqual([plain, undefined, [none]]);
  });

  it('cuts a response that says that it is longer', () => {
    const { bench, accounts, text } = receipts([['http_cut', { bytes: 4, how: 'end' }]], small);
    expect([text, bench.outcome]).toEqual([
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nhell\r\n0\r\n\r\n',
      'closed',
    ]);
    expect(accounts).toEqual([{ ...none, requestsAltered: 1, bytesDropped: 1 }]);
  });

  const chunked = (type: string): string => `content-type: ${type}\r\ntransfer-encoding: chunked`;
  // As they leave what looks at events.
  const chunks = `${events.replace(/data: .\n\n/g, '9\r\n$&\r\n')}0\r\n\r\n`;
  it.each([
    ['http_cut', { bytes: 1000, how: 'end' }, chunked('text/event-stream'), chunks, 'connection: close'],
    ['stream_cut', { events: 9, how: 'end' }, chunked('text/event-stream'), chunks, 'connection: close'],
    ['stream_error', { events: 9 }, chunked('text/event-stream'), chunks, 'connection: close'],
    ['stream_drop', { event: 9 }, stream, events, 'transfer-encoding: chunked'],
  ])('counts the request whose head %s with %j has changed since nobody could know', (type, attributes, head, body, field) => {
    const { accounts, text } = receipts([[type, attributes]], { head, body, pieceBytes: 100 });
    expect([text.split('\r\n\r\n')[0]?.split('\r\n'), accounts]).toEqual([expect.arrayContaining([field]), [{ ...none, requestsAltered: 1 }]]); // prettier-ignore
    expect(text.endsWith(chunks)).toBe(true);
  }); // prettier-ignore

  it.each([
    ['http_cut', { bytes: 1000, how: 'close' }, chunked('text/event-stream'), chunks],
    ['http_cut', { bytes: 1000, how: 'end' }, 'content-type: text/event-stream', events],
    ['stream_cut', { events: 9, how: 'close' }, chunked('text/event-stream'), chunks],
    ['stream_error', { events: 9 }, 'content-type: text/event-stream', events],
    ['stream_drop', { event: 9 }, chunked('text/event-stream'), chunks],
    ['stream_error', { events: 9 }, chunked('text/plain'), chunks],
  ])('has nothing to count of %s with %j where the head could stay as it was (%s)', (type, attributes, head, body) => {
    const { accounts, text } = receipts([[type, attributes]], { head, body, pieceBytes: 100 });
    expect([text, accounts]).toEqual([`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`, [none]]);
  });
});

describe('stream_garble', () => {
  const head = 'content-type: text/event-stream\r\nconnection: close';
  const garbled = (body: string, event = 2) => {
    const { accounts, text } = receipts([['stream_garble', { event }]], { head, body, pieceBytes: 100 });
    return { text: text.split('\r\n\r\n')[1], accounts };
  };
  const one = 'data: {"n":1}\n\n';

  it.each([
    ['a comment', ': comment\n\n'],
    ['a comment that looks like data', ': data: {"n":2}\n\n'],
    ['an empty block', '\n\n'],
    ['an event without data', 'event: ping\n\n'],
    ['one character, of which there is no half', 'data:1\n\n'],
  ])('passes over %s, and takes the next event', (_what, event) => {
    expect(garbled(one + event + one + one)).toEqual({
      text: `${one}${event}data: {"n\n\n${one}`,
      accounts: [{ ...none, requestsAltered: 1, bytesCorrupted: one.length }],
    });
    expect(garbled(one + event)).toEqual({ text: one + event, accounts: [none] });
  });

  it.each([
    ['data: {"text":"data: x"}\n\n', 'data: {"text":"\n\n'],
    ['event: a\ndata: {"n":1}\nid: 123456789\n\n', 'event: a\ndata: {"n\nid: 123456789\n\n'],
    ['data: {"n":1}\n: data: x\n\n', 'data: {"n\n: data: x\n\n'],
    ['data: {"n":\ndata: 12345}\n\n', 'data: {"n":\ndata: 123\n\n'],
  ])('halves the data of an event, and nothing else: %j', (event, half) => {
    expect(garbled(event, 1).text).toBe(half);
  });
});
