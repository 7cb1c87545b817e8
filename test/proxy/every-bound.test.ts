import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { capabilities } from '../../harness/proxy/capabilities.ts';
import { startHttp, streaming } from './http/support.ts';
import { startProxyProcess, type ProcessBench } from './proxy-process.ts';
import { realClock, type Answer } from './support.ts';

// No value that is allowed may end the process or leave something behind, also when bytes pass: every attribute at its ends, from what the server itself says.

type Capability = ReturnType<typeof capabilities>['types'][number];
type Value = number | string;
interface Case {
  readonly type: string;
  readonly layer: Capability['layer'];
  readonly name: string;
  readonly first: Value;
  readonly then: Value;
}

/** What others have to be for an attribute to be at an end. */
const besides: Readonly<Record<string, Record<string, Value>>> = {
  'slicer average_size': { size_variation: 0 },
  'slicer size_variation': { average_size: 1_048_576 },
  'slicer delay': { average_size: 1000 },
  'stream_cut how': { where: 'between' },
};
/** Texts of a certain look, the shortest and a long one; others are any text. */
const looks: Readonly<Record<string, readonly [Value, Value]>> = {
  method: ['', 'GET,POST'],
  path: ['', `/${'*'.repeat(999)}`],
  header: ['', `host: ${'*'.repeat(900)}`],
  headers: ['', `x-a: ${'b'.repeat(900)}`],
  retry_after: ['', 'date+999999'],
};
const eventCount = 40;
const bytes = 100_000;
/** How long traffic is watched while the toxic is there. */
const watchedMs = 60;
const atATime = 16;

let bench: ProcessBench;
let echo: string;
let events: string;
beforeAll(async () => {
  bench = await startProxyProcess();
  echo = (await bench.tcp((socket) => socket.pipe(socket))).address;
  events = (await startHttp(bench, streaming(Array.from({ length: eventCount }, (_, index) => `data: ${index}\n\n`))))
    .address;
});
afterAll(() => bench.cleanup.stop());

type Attribute = Capability['attributes'][number];
function endsOf(attribute: Attribute): readonly [Value, Value] {
  if (attribute.kind === 'number') return [attribute.from, attribute.to];
  if (attribute.choices) return [attribute.choices[0] ?? '', attribute.choices.at(-1) ?? ''];
  return looks[attribute.name] ?? ['', 'x'.repeat(attribute.mostCharacters ?? 0)];
}

/** Each attribute at either end, to be changed to the other; a type without any as it is. */
function casesOf({ type, layer, attributes }: Capability): readonly Case[] {
  if (attributes.length === 0) return [{ type, layer, name: '', first: 0, then: 0 }];
  return attributes.flatMap((attribute) => {
    const { name } = attribute;
    const [low, high] = endsOf(attribute);
    return [
      { type, layer, name, first: low, then: high },
      { type, layer, name, first: high, then: low },
    ];
  });
}

/** Sends as much as it should and reads what comes, until it is over or time is. Gives what came. */
async function pass(port: number, text: string, limitMs: number, isTls: boolean): Promise<string> {
  const to = { port, host: '127.0.0.1' };
  const socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  socket.end(text);
  const over = once(socket, 'close').catch(() => undefined);
  await Promise.race([over, realClock.sleep(limitMs)]);
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

const block = 'x'.repeat(bytes);
const asking = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

/** What is wrong, if anything. */
async function tried({ type, layer, name, first, then }: Case, number: number): Promise<string | undefined> {
  const [bytesProxy, eventsProxy] = [`b${number}`, `e${number}`];
  const tls = layer === 'tls' ? { tls: { client: {} } } : {};
  const ports = [await bench.proxy(bytesProxy, echo, tls), await bench.proxy(eventsProxy, events, tls)] as const;
  const both = (method: string, path: string, body?: unknown): Promise<Answer[]> =>
    Promise.all([bytesProxy, eventsProxy].map((proxy) => bench.call(method, `/proxies/${proxy}${path}`, body)));
  const traffic = (limitMs: number): Promise<string[]> =>
    Promise.all([pass(ports[0], block, limitMs, layer === 'tls'), pass(ports[1], asking, limitMs, layer === 'tls')]);
  const attributes = (value: Value): Record<string, Value> =>
    name === '' ? {} : { ...besides[`${type} ${name}`], [name]: value };
  const answers = await both('POST', '/toxics', { name: 't', type, attributes: attributes(first) });
  await traffic(watchedMs);
  answers.push(...(await both('PATCH', '/toxics/t', { attributes: attributes(then) })));
  await traffic(watchedMs);
  answers.push(...(await both('DELETE', '/toxics/t')));
  const [echoed, streamed] = await traffic(10_000);
  await both('DELETE', '');
  const refused = answers.find(({ status }) => status >= 300);
  if (refused) return refused.text;
  if (echoed !== block) return `${echoed?.length} bytes of ${bytes} came back after it`;
  if (streamed?.match(/data: \d+\n\n/g)?.length !== eventCount) return `no whole stream after it: ${streamed}`;
  return undefined;
}

it('takes every attribute of every type at its ends, changed from one to the other, while bytes and a stream pass', async () => {
  const { types } = (await bench.call<ReturnType<typeof capabilities>>('GET', '/capabilities')).json;
  const cases = types.flatMap(casesOf);
  const wrong: string[] = [];
  let next = 0;
  const oneByOne = async (): Promise<void> => {
    for (let number = next++; number < cases.length; number = next++) {
      const one = cases[number];
      const problem = one && (await tried(one, number));
      if (problem !== undefined) wrong.push(`${JSON.stringify(one)}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, oneByOne));
  expect(wrong).toEqual([]);
  expect(cases.length).toBeGreaterThan(100);
  expect((await bench.call('GET', '/version')).status).toBe(200);
  expect((await bench.call('GET', '/proxies')).text).toBe('{}');
}, 180_000);
