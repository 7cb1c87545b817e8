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
