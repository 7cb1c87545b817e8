import { describe, expect, it } from 'vitest';
import { EdgeBench } from './edge-bench.ts';

const get = (path = '/'): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (number: number): string => `data: ${number}\n\n`;
const last = '0\r\n\r\n';

/** A stream of which so many events have come, and the client's part of what came since it was last asked. */
function streaming(type: string, attributes: Record<string, number | string>, events = 4) {
  const bench = new EdgeBench();
  const toxic = bench.add(type, attributes);
  const { client, server, clock } = bench;
  client.say(get());
  server.say(Buffer.from(head));
  for (let number = 1; number <= events; number++) server.say(Buffer.from(chunk(event(number))));
  let read = 0;
  const news = (): string => {
    const text = client.text.slice(read);
    read = client.text.length;
    return text.replace(head, '');
  };
  return { bench, toxic, client, server, clock, news };
}

describe('a toxic that goes in the middle of what it does', () => {
  it('hands on a head that it held, at once, and the body behind it', async () => {
    const bench = new EdgeBench();
    const toxic = bench.add('http_latency', { latency: 1000 });
    bench.client.say(get());
    bench.server.say(Buffer.from(`${head}${chunk('data: 1')}`));
    await bench.clock.advance(300);
    expect(bench.client.text).toBe('');
    bench.remove(toxic);
    expect([bench.client.text, bench.clock.now(), bench.clock.pending]).toEqual([`${head}${chunk('data: 1')}`, 300, 0]);
  });

  it('hands on a stream that it has stalled, at once, and what follows as it comes', async () => {
    const { bench, toxic, server, clock, news } = streaming('stream_stall', { events: 2, stall: 0 });
    await clock.advance(10_000);
    expect(news()).toBe(chunk(event(1)) + chunk(event(2)));
    bench.remove(toxic);
    expect(news()).toBe(chunk(event(3)) + chunk(event(4)));
    server.say(Buffer.from(chunk(event(5)) + last));
    expect(news()).toBe(chunk(event(5)) + last);
  });

  it('hands on half an event that it waited for the rest of', () => {
    const { bench, toxic, server, news } = streaming('stream_duplicate', { event: 9 }, 1);
    server.say(Buffer.from(chunk('data: ha')));
    expect(news()).toBe(chunk(event(1)));
    bench.remove(toxic);
    expect(news()).toBe(chunk('data: ha'));
    server.say(Buffer.from(chunk('lf\n\n') + last));
    expect(news()).toBe(chunk('lf\n\n') + last);
  });

  it.each([
    ['while the server still speaks', ''],
    ['when the server has finished', last],
  ])('beats no more, and closes a stream that would have a hole, %s', async (_when, said) => {
    const { bench, toxic, server, clock, news } = streaming('stream_heartbeat', { events: 1, interval: 100 });
    server.say(Buffer.from(said));
    await clock.advance(250);
    expect(news()).toBe(chunk(event(1)) + chunk(': heartbeat\n\n').repeat(2));
    expect(toxic.account().bytesAdded).toBe(2 * ': heartbeat\n\n'.length);
    bench.remove(toxic);
    expect([news(), bench.outcome, clock.pending]).toEqual(['', 'closed', 0]);
  });

  it('closes a stream that would have a hole, and whose end has not been shown, where only that was still to pass', () => {
    const { bench, toxic, server, client, news } = streaming('stream_cut', { events: 1, how: 'done' }, 2);
    bench.remove(toxic);
    server.say(Buffer.from(chunk(event(3)) + chunk('data: [DONE]\n\n') + last));
    expect([news(), client.writableEnded, bench.outcome]).toEqual([chunk(event(1)), true, 'closed']);
  });

  it.each([
    ['has dropped nothing', 1, chunk(event(1))],
    ['has shown the end', 2, chunk(event(1)) + chunk('data: [DONE]\n\n')],
  ])('lets the rest of a stream pass where stream_cut with done %s', (_what, events, text) => {
    const { bench, toxic, server, news } = streaming('stream_cut', { events: 1, how: 'done' }, events);
    if (events > 1) server.say(Buffer.from(chunk('data: [DONE]\n\n')));
    expect(news()).toBe(text);
    bench.remove(toxic);
    server.say(Buffer.from(chunk(event(3)) + last));
    expect([news(), bench.outcome]).toEqual([chunk(event(3)) + last, undefined]);
  });

  it('lets a stream be of which it has dropped nothing yet', () => {
    const { bench, toxic, server, news } = streaming('stream_heartbeat', { events: 9 }, 1);
    bench.remove(toxic);
    server.say(Buffer.from(last));
    expect(news()).toBe(chunk(event(1)) + last);
  });

  it('does not undo an answer of which the upload has begun, nor a cut that was made', () => {
    const bench = new EdgeBench();
    const toxic = bench.add('http_status', { body: 'busy' });
    bench.client.say(Buffer.from('POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nab'));
    bench.remove(toxic);
    bench.client.say(Buffer.from('cd'));
    expect(bench.client.text).toMatch(/^HTTP\/1\.1 503 [^]*busy$/);
    expect(bench.server.text).toBe('');
    bench.client.say(get('/next'));
    expect(bench.server.text).toBe(get('/next').toString());

    const cut = streaming('stream_cut', { events: 2 });
    expect([cut.news(), cut.bench.outcome]).toEqual([chunk(event(1)) + chunk(event(2)), 'closed']);
    cut.bench.remove(cut.toxic);
    expect(cut.news()).toBe('');
  });

  it('leaves what other toxics do to the same stream as it is', async () => {
    const { bench, toxic, clock, news } = streaming('stream_stall', { events: 1, stall: 0 }, 0);
    bench.add('stream_duplicate', { event: 1 });
    bench.add('stream_slow', { delay: 100 });
    bench.client.say(get());
    bench.server.say(Buffer.from(last + head));
    news();
    for (const number of [1, 2, 3]) bench.server.say(Buffer.from(chunk(event(number))));
    await clock.advance(50);
    expect(news()).toBe(chunk(event(1)));
    bench.remove(toxic);
    expect(news()).toBe('');
    await clock.advance(300);
    expect(news()).toBe(chunk(event(1)) + chunk(event(2)) + chunk(event(3)));
  });
});

describe('a toxic that is changed', () => {
  const plain = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

  it('is as it was for what has begun on a kept connection, and as it is for the next request', () => {
    const bench = new EdgeBench();
    const { client, server } = bench;
    const toxic = bench.add('http_status', { status: 503, body: 'busy' });
    const statuses = (): string[] => [...client.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => String(status));
    client.say(get());
    client.say(Buffer.from('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab'));
    bench.update(toxic, { attributes: { status: 429 } });
    client.say(Buffer.from('cd'));
    client.say(get());
    expect(statuses()).toEqual(['503', '503', '429']);
    bench.update(toxic, { toxicity: 0 });
    client.say(get('/through'));
    expect([statuses().length, server.text]).toEqual([3, get('/through').toString()]);
    bench.update(toxic, { toxicity: 1 });
    server.say(Buffer.from(plain));
    client.say(get());
    expect(statuses()).toEqual(['503', '503', '429', '200', '429']);
    expect(toxic.account()).toMatchObject({ requestsSeen: 5, requestsAltered: 4 });
  });

  it.each([
    ['attributes', { attributes: { delay: 1000 } }, 2],
    ['toxicity', { toxicity: 0 }, 4],
  ])('keeps its pace in a stream that is under way, and has its new %s in the next', async (_what, change, soon) => {
    const { bench, toxic, client, server, clock, news } = streaming('stream_slow', { delay: 100 }, 0);
    const events = [1, 2, 3, 4].map((number) => chunk(event(number)));
    server.say(Buffer.from(events.join('')));
    await clock.advance(100);
    expect(news()).toBe(events.slice(0, 2).join(''));
    bench.update(toxic, change);
    await clock.advance(200);
    expect(news()).toBe(events.slice(2).join(''));
    server.say(Buffer.from(last));
    client.say(get());
    server.say(Buffer.from(head + events.join('')));
    await clock.advance(1500);
    expect(news()).toBe(last + events.slice(0, soon).join(''));
  });

  it('stalls a running stream no longer or shorter than it was to', async () => {
    const { bench, toxic, clock, news } = streaming('stream_stall', { events: 1, stall: 1000 });
    bench.update(toxic, { attributes: { stall: 0 } });
    await clock.advance(999);
    expect(news()).toBe(chunk(event(1)));
    await clock.advance(1);
    expect(news()).toBe([2, 3, 4].map((number) => chunk(event(number))).join(''));
  });
});

describe('a server that goes in the middle of a stream', () => {
  it.each([
    ['stream_slow', { delay: 100 }, chunk(event(1)) + chunk(event(2)) + chunk('data: ha')],
    ['stream_duplicate', { event: 2 }, chunk(event(1)) + chunk(event(2)).repeat(2) + chunk('data: ha')],
    ['http_slow_body', { delay: 10 }, chunk(event(1)) + chunk(event(2)) + chunk('data: ha')],
    ['stream_reorder', { event: 2 }, chunk(event(1)) + chunk('data: ha') + chunk(event(2))],
  ])('is seen to have broken off, although %s holds something of it', async (type, attributes, text) => {
    const { bench, server, clock, client, news } = streaming(type, attributes, 2);
    server.say(Buffer.from('8\r\ndata: ha\r\n'));
    server.say('end');
    await clock.advance(1000);
    // No last chunk: the client can tell that something is missing.
    expect([news(), client.writableEnded, clock.pending, bench.outcome]).toEqual([text, true, 0, undefined]);
  });
});

describe('a connection that ends while a toxic hands something on', () => {
  it.each([
    ['stream_heartbeat', { events: 1, interval: 100 }, 'http_cut', { bytes: 0 }],
    ['stream_heartbeat', { events: 1, interval: 100 }, 'http_cut', { bytes: event(1).length + 5 }],
    ['stream_heartbeat', { events: 1, interval: 100 }, 'stream_cut', { events: 3 }],
    ['stream_slow', { delay: 1000 }, 'http_cut', { bytes: 0 }],
    ['stream_late', { delay: 1000 }, 'http_cut', { bytes: 0 }],
    ['stream_stall', { events: 1, stall: 1000 }, 'http_cut', { bytes: 0 }],
    ['http_slow_body', { delay: 1000 }, 'http_cut', { bytes: 0 }],
    ['slicer', { average_size: 1, size_variation: 0, delay: 1_000_000 }, 'reset_peer', { timeout: 0 }],
    ['bandwidth', { rate: 1 }, 'reset_peer', { timeout: 0 }],
    ['latency', { latency: 1000, jitter: 0 }, 'reset_peer', { timeout: 0 }],
  ])('leaves no timer of %s %j behind when it is ended by %s %j', async (type, attributes, ending, its) => {
    const bench = new EdgeBench();
    bench.add(type, attributes);
    bench.add(ending, its);
    bench.client.say(get());
    bench.server.say(Buffer.from(head + chunk(event(1) + event(2)) + chunk(event(3)) + chunk(event(4))));
    // Without an end, timers that set themselves anew would be waited for without one, too.
    for (let turns = 0; turns < 20 && bench.outcome === undefined; turns++) await bench.clock.advance(1000);
    expect(bench.outcome).toBeDefined();
    expect(bench.clock.pending).toBe(0);
  });
});

describe('toxics for bytes and for HTTP on one connection', () => {
  it('find what the others have made: pieces of one byte, later, slower, in both directions', async () => {
    const bench = new EdgeBench();
    const { client, server, clock } = bench;
    for (const stream of ['upstream', 'downstream'] as const) {
      bench.add('slicer', { average_size: 1, size_variation: 0, delay: 0 }, { stream });
      bench.add('latency', { latency: 50, jitter: 0 }, { stream });
      bench.add('bandwidth', { rate: 1 }, { stream });
    }
    bench.add('http_status', { path: '/busy', body: 'busy' });
    bench.add('http_latency', { latency: 100, path: '/slow' });
    bench.add('stream_duplicate', { event: 1 });
    client.say(Buffer.concat([get('/busy'), get('/slow')]));
    await clock.advance(1000);
    // Where a fault looks into the body, it is asked for uncompressed.
    expect(server.text).toMatch(/^GET \/slow HTTP\/1\.1\r\nhost: a\r\n(?:accept-encoding: identity\r\n)?\r\n$/);
    server.say(Buffer.from(head + chunk(event(1)) + last));
    await clock.advance(2000);
    expect(client.text).toMatch(/^HTTP\/1\.1 503 [^]*\r\n\r\nbusyHTTP\/1\.1 200 OK\r\n/);
    expect(client.text.split(head)[1]).toBe(chunk(event(1)).repeat(2) + last);
  });

  it('lets the end of the connection end what waits', async () => {
    const bench = new EdgeBench();
    bench.add('http_latency', { latency: 1000 });
    bench.add('close_after', { delay: 100 }, { stream: 'upstream' });
    bench.client.say(get());
    bench.server.say(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    await bench.clock.advance(99);
    expect([bench.outcome, bench.clock.pending]).toEqual([undefined, 2]);
    await bench.clock.advance(1);
    expect([bench.outcome, bench.client.text, bench.clock.pending]).toEqual(['closed', '', 0]);
  });

  it('delays the end behind a cut by the latency of what was handed on before', async () => {
    const bench = new EdgeBench();
    bench.add('latency', { latency: 100, jitter: 0 });
    bench.add('http_cut', { bytes: 4 });
    bench.client.say(get());
    bench.server.say(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789'));
    await bench.clock.advance(99);
    expect([bench.client.text, bench.outcome]).toEqual(['', undefined]);
    await bench.clock.advance(1);
    expect([bench.client.text.slice(-4), bench.outcome]).toEqual(['0123', 'closed']);
  });
});

describe('what a fault adds to a stream', () => {
  it.each(['openai', 'openai responses', 'anthropic', 'vllm', 'bedrock'])(
    'counts the error of a stream in the words of %s as added, and what comes behind it as dropped',
    (vendor) => {
      const { toxic, news } = streaming('stream_error', { events: 1, vendor });
      const error = bodyOf(news()).slice(event(1).length);
      expect(error).toContain('data: ');
      const { bytesAdded, bytesDropped } = toxic.account();
      expect([bytesAdded, bytesDropped]).toEqual([error.length, event(2).length]);
    },
  );

  it.each([
    ['stream_duplicate', { event: 2 }, event(2).length],
    ['stream_heartbeat', { events: 1, interval: 100, as: 'ping' }, 'event: ping\ndata: {"type": "ping"}\n\n'.length],
    // These only leave out, or change the order: the end of a stream that is cut is in its framing, or the server's own.
    ['stream_cut', { events: 2, how: 'done' }, 0],
    ['stream_cut', { events: 2, how: 'end' }, 0],
    ['stream_cut', { events: 2, where: 'event' }, 0],
    ['stream_unfinished', { missing: 'both' }, 0],
    ['stream_drop', { event: 2 }, 0],
    ['stream_reorder', { event: 2 }, 0],
    ['stream_garble', { event: 2 }, 0],
  ] as const)('%s with %j adds so many bytes: %i', async (type, attributes, added) => {
    const { toxic, server, clock, news } = streaming(type, attributes);
    server.say(Buffer.from(chunk('data: [DONE]\n\n') + last));
    await clock.advance(150);
    const { bytesAdded, bytesDropped, bytesCorrupted } = toxic.account();
    expect(bytesAdded).toBe(added);
    const sent = 4 * event(1).length + 'data: [DONE]\n\n'.length;
    // Of what comes behind the end of a stream nothing is counted, nor of a body that is changed how long it is now.
    if (type !== 'stream_cut' && bytesCorrupted === 0) expect(bodyOf(news()).length).toBe(sent - bytesDropped + added);
  });

  it('does not take the LF of an empty line, that comes late, for an event', () => {
    const { server, news } = streaming('stream_error', { events: 1 }, 0);
    server.say(Buffer.from(chunk('data: 1\r\r') + chunk('\n') + last));
    expect(bodyOf(news())).toBe('data: 1\r\r\n');
  });
});

/** The body of a response in chunks, its last chunk included or not. */
function bodyOf(response: string): string {
  let rest = response.startsWith('HTTP/') ? response.slice(response.indexOf('\r\n\r\n') + 4) : response;
  let body = '';
  while (rest !== '') {
    const from = rest.indexOf('\r\n') + 2;
    const length = parseInt(rest, 16);
    body += rest.slice(from, from + length);
    rest = rest.slice(from + length + 2);
  }
  return body;
}
