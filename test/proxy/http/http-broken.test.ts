import { describe, expect, it } from 'vitest';
import { EdgeBench } from './edge-bench.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const half = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf';
const badChunk = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\nnone\r\n';

/** A client that has asked all of this at once, where what goes to `/ours*` is answered in the place of the server. */
function asked(...paths: readonly string[]) {
  const bench = new EdgeBench();
  const { client, server } = bench;
  const status = bench.add('http_status', { path: '/ours*', body: 'ours' });
  client.say(Buffer.from(paths.map(get).join('')));
  const end = (): string => (client.writableEnded ? 'ended' : 'open');
  return { bench, client, server, status, end };
}

describe('a response that is lost, or breaks off', () => {
  it.each([
    ['is none, since the server closes', '', true],
    ['breaks off in its head', 'HTTP/1.1 200 OK\r\nx: ', true],
    ['breaks off in its body', half, true],
    ['breaks off behind what is not final', 'HTTP/1.1 103 Early Hints\r\n\r\n', true],
    ['has no end but that of the connection', 'HTTP/1.1 200 OK\r\n\r\nall of it', true],
    ['is no HTTP', 'what do you want?\n', false],
    ['becomes no HTTP in its body', badChunk, false],
    ['is an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\nsomething else', false],
  ])('and %s, has no answer of ours in it, in its place, or behind it', (_what, text, ends) => {
    const { client, server, status, bench, end } = asked('/ours-1', '/2', '/theirs', '/ours-2', '/more', '/ours-3');
    server.say(Buffer.from(answer('two')));
    const before = client.text;
    expect(before).toMatch(/^HTTP\/1\.1 503 [^]*\r\n\r\noursHTTP\/1\.1 200 OK[^]*two$/);
    if (text !== '') server.say(Buffer.from(text));
    if (ends) server.say('end');
    expect([client.text.slice(before.length), end(), bench.outcome]).toEqual([text, 'ended', 'closed']);
    expect(status.account()).toMatchObject({ requestsAltered: 1 });
  });

  it('is waited for while its server may go on, and its connection goes on where nothing of ours is behind it', () => {
    const { client, server, bench, end } = asked('/theirs', '/more');
    server.say(Buffer.from('what do you want?\n'));
    client.say(Buffer.from('nothing\n'));
    server.say(Buffer.from('then go\n'));
    expect([client.text, server.text.endsWith('nothing\n')]).toEqual(['what do you want?\nthen go\n', true]);
    expect([end(), bench.outcome]).toEqual(['open', undefined]);
  });

  it('drops an answer of ours whose upload is under way', () => {
    const { client, server, status, end } = asked('/theirs');
    client.say(Buffer.from('POST /ours HTTP/1.1\r\ncontent-length: 4\r\n\r\nab'));
    server.say(Buffer.from(half));
    server.say('end');
    client.say(Buffer.from('cd'));
    expect([client.text, server.text, end()]).toEqual([half, get('/theirs'), 'ended']);
    expect(status.account()).toMatchObject({ requestsAltered: 0 });
  });

  it('has what a fault holds of it before the end', async () => {
    const { bench, client, server, end } = asked();
    bench.add('http_slow_body', { delay: 100, path: '/theirs' });
    client.say(Buffer.from(get('/theirs') + get('/ours')));
    server.say(Buffer.from(half));
    server.say('end');
    await bench.clock.advance(99);
    expect([client.text, end()]).toEqual([half.replace(/half$/, ''), 'open']);
    await bench.clock.advance(1);
    expect([client.text, end(), bench.clock.pending]).toEqual([half, 'ended', 0]);
  });
});

describe('a request that comes behind the end of the server', () => {
  it('has no answer, and none is counted', () => {
    const { client, server, status, end } = asked('/theirs');
    server.say(Buffer.from(answer('')));
    server.say('end');
    client.say(Buffer.from(get('/ours')));
    expect([client.text, end()]).toEqual([answer(''), 'ended']);
    expect(status.account()).toMatchObject({ requestsAltered: 0, bytesAdded: 0 });
    // It goes where it would go without a toxic.
    expect(server.text).toBe(get('/theirs') + get('/ours'));
  });
});

describe('a word without an end of its line', () => {
  it.each([
    ['the end of its line', '\r\n'],
    ['what no request could go on with', '\n'],
    ['the end of the client', 'end' as const],
  ])('may become a request, and waits for %s', (_what, rest) => {
    const { client, server } = asked();
    client.say(Buffer.from('PING'));
    expect(server.text).toBe('');
    client.say(rest === 'end' ? rest : Buffer.from(rest));
    expect(server.text).toBe(rest === 'end' ? 'PING' : `PING${rest}`);
  });
});
