import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import type { ToxicRequest } from '../../../harness/proxy/active-toxic.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { toxicKinds } from '../../../harness/proxy/toxics/index.ts';
import { LightResponse } from '../../../harness/world/simulated/light-response.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { causeCode } from './cause-code.ts';

let clock: VirtualClock;
let network: SimulatedNetwork;
let registry: Registry;
let url: string;
/** Requests that the handler has seen hang up. */
let hungUp: number;
/** Requests that it has had. */
let handled: number;
/** The stream that it has given last. */
let streamed: ReadableStream | undefined;

/** Answers `/whole` at once, `/text` as the simulation does, `/short` with a head that says more than there is, and `/stream` with five words, one every 100 ms. */
function handler(request: Request): Response {
  handled += 1;
  request.signal.addEventListener('abort', () => (hungUp += 1));
  if (new URL(request.url).pathname === '/whole') return new Response('whole', { headers: { 'x-kept': 'yes' } });
  if (new URL(request.url).pathname === '/text') return new LightResponse('whole') as unknown as Response;
  if (new URL(request.url).pathname === '/short') return new Response('whole', { headers: { 'content-length': '6' } });
  const words = ['one ', 'two ', 'three ', 'four ', 'five'];
  streamed = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await clock.sleep(100);
      const word = words.shift();
      if (word === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(word));
    },
  });
  return new Response(streamed);
}

beforeEach(async () => {
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock);
  hungUp = 0;
  handled = 0;
  const upstream = network.listen(handler);
  registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
  const proxy = await registry.create({ name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] });
  url = `http://${proxy.listen}`;
});

function toxic(
  type: string,
  attributes: Record<string, number>,
  toxicity = 1,
  stream: 'upstream' | 'downstream' = 'downstream',
): void {
  const kind = toxicKinds.find((candidate) => candidate.type === type);
  if (!kind) throw new Error(`no toxic ${type}`);
  const request: ToxicRequest = {
    ...{ name: type, kind, stream, direction: stream, toxicity, attributes },
  };
  registry.addToxic('link', request);
}
function untoxic(name: string): void {
  const proxy = registry.get('link');
  proxy.removeToxic(proxy.toxic(name), 'removed');
}

/** The words of the stream and when each arrived. */
async function read(response: Response): Promise<{ text: string; timesMs: number[] }> {
  const seen = { text: '', timesMs: [] as number[] };
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    seen.text += new TextDecoder().decode(chunk);
    seen.timesMs.push(clock.now());
  }
  return seen;
}
async function ask(path = '/stream', init: RequestInit = {}): Promise<{ text: string; timesMs: number[] }> {
  return read(await network.fetch(url + path, init));
}
/** Aborts then. */
function after(ms: number): AbortSignal {
  const controller = new AbortController();
  clock.setTimer(() => controller.abort(new Error('enough')), ms);
  return controller.signal;
}
/** How a request ends that fails: the code of the cause. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  return clock.run(work.then(() => 'no failure', causeCode));
}

describe('a simulated link', () => {
  it('hands everything on at once while nothing is wrong', async () => {
    const response = await network.fetch(`${url}/whole`);
    expect([response.headers.get('x-kept'), await response.text(), clock.now()]).toEqual(['yes', 'whole', 0]);
    expect(await clock.run(ask())).toEqual({ text: 'one two three four five', timesMs: [100, 200, 300, 400, 500] });
  });

  it('gives its caller the very stream that the handler made, until something is done to the connection', async () => {
    expect((await network.fetch(`${url}/stream`)).body).toBe(streamed);
    toxic('latency', { latency: 0, jitter: 0 });
    expect((await clock.run(network.fetch(`${url}/stream`))).body).not.toBe(streamed);
    untoxic('latency');
    expect((await network.fetch(`${url}/stream`)).body).toBe(streamed);
  });

  it('keeps connections for the next request, opens more where they are busy, and counts what it carries', async () => {
    for (let round = 0; round < 3; round++) await (await network.fetch(`${url}/whole`)).text();
    expect(registry.traffic()['link']?.connections).toBe(1);
    await clock.run(Promise.all([ask(), ask()]));
    expect(registry.traffic()['link']).toMatchObject({
      connections: 2,
      bytesUpstream: 5 * 256,
      bytesDownstream: 5 * 256 + 3 * 5 + 2 * 23,
    });
  });

  it('delays every chunk by the latency, so that chunks on their way overlap', async () => {
    toxic('latency', { latency: 250, jitter: 0 });
    expect(await clock.run(ask())).toEqual({ text: 'one two three four five', timesMs: [350, 450, 550, 650, 750] });
    expect(registry.account('link', 'latency')).toMatchObject({ connectionsSeen: 1, connectionsAltered: 1 });
  });

  it('takes a toxic in the middle of a stream, and loses and reorders nothing when it goes', async () => {
    const asking = ask();
    clock.setTimer(() => toxic('latency', { latency: 1000, jitter: 0 }), 250);
    clock.setTimer(() => untoxic('latency'), 450);
    expect(await clock.run(asking)).toEqual({ text: 'one two three four five', timesMs: [100, 200, 450, 450, 500] });
  });

  it('lets through what the bandwidth allows', async () => {
    toxic('bandwidth', { rate: 1 });
    const { text } = await clock.run(ask('/whole'));
    // 256 bytes of head, 5 of body in 5 of its coding, and 5 of its end, at 1 byte per millisecond.
    expect([text, clock.now()]).toEqual(['whole', 271]);
  });

  it('sends a text in one piece with its head, which says how long it is', async () => {
    registry.keepDecisions(10);
    toxic('packet_loss', { loss_rate: 0, correlation: 0 });
    const { text } = await clock.run(ask('/text'));
    const decisions = registry.decisions('link', 'packet_loss')?.list() ?? [];
    expect([text, decisions.map(({ what, place }) => [what, place])]).toEqual([
      'whole',
      [
        ['toxicity', 0],
        ['loss', 0],
      ],
    ]);
    toxic('bandwidth', { rate: 1 });
    await clock.run(ask('/text'));
    // 256 bytes of head, 5 of body, at 1 byte per millisecond.
    expect(clock.now()).toBe(261);
  });

  it('closes where a handler sends less than its head says, as far as that is looked at: where something is done to it', async () => {
    expect((await clock.run(ask('/short'))).text).toBe('whole');
    toxic('noop', {});
    expect(await failure(ask('/short'))).toBe('UND_ERR_SOCKET');
  });

  it('shares a bandwidth between all connections, in equal parts', async () => {
    toxic('shared_bandwidth', { rate: 1 });
    const doneMs = async (): Promise<number> => {
      await ask('/whole');
      return clock.now();
    };
    // 271 bytes each, as above, in turns of 10; the last turn of either is shorter.
    expect(await clock.run(Promise.all([doneMs(), doneMs()]))).toEqual([541, 542]);
  });

  it('swallows an answer in a black hole, and closes when that is taken away', async () => {
    toxic('timeout', { timeout: 0 });
    const asking = failure(ask('/whole'));
    clock.setTimer(() => untoxic('timeout'), 5000);
    expect(await asking).toBe('UND_ERR_SOCKET');
    expect([clock.now(), hungUp]).toEqual([5000, 1]);
    expect((await clock.run(ask('/whole'))).text).toBe('whole');
  });

  it('never answers, not even where nobody listens, until that is taken away or the caller gives up', async () => {
    const proxy = { listen: '127.0.0.1:0', upstream: '127.0.0.1:9', enabled: true, toxics: [] };
    const { listen } = await registry.create({ name: 'nowhere', ...proxy });
    const kind = toxicKinds.find(({ type }) => type === 'never_answer');
    if (!kind) throw new Error('no toxic');
    const request = {
      name: 'mute',
      kind,
      stream: 'downstream',
      direction: 'downstream',
      toxicity: 1,
      attributes: {},
    } as const;
    registry.addToxic('nowhere', request);
    const giveUp = new AbortController();
    clock.setTimer(() => giveUp.abort(new Error('enough')), 3000);
    const asking = network.fetch(`http://${listen}/`, { signal: giveUp.signal });
    expect(await failure(asking)).toMatchObject({ message: 'enough' });
    expect(clock.now()).toBe(3000);
    const other = failure(network.fetch(`http://${listen}/`));
    clock.setTimer(() => registry.get('nowhere').removeAllToxics('removed'), 1000);
    expect([await other, clock.now()]).toEqual(['UND_ERR_SOCKET', 4000]);
    expect(registry.account('nowhere', 'mute')).toMatchObject({ connectionsSeen: 2, connectionsAltered: 2 });
  });

  it('is half open: a caller does not see that the part is gone, a part not that its caller is', async () => {
    toxic('half_open', {}, 1, 'downstream');
    const asking = failure(ask('/whole'));
    clock.setTimer(() => network.cut(registry.get('link').view().upstream), 500);
    clock.setTimer(() => untoxic('half_open'), 2000);
    expect([await asking, clock.now(), handled]).toEqual(['UND_ERR_SOCKET', 2000, 1]);
    toxic('half_open', {}, 0, 'upstream');
    const giveUp = new AbortController();
    const again = ask('/stream', { signal: giveUp.signal });
    clock.setTimer(() => {
      const proxy = registry.get('link');
      const { attributes } = proxy.toxic('half_open');
      proxy.changeToxic(proxy.toxic('half_open'), { toxicity: 1, attributes });
    }, 250);
    clock.setTimer(() => giveUp.abort(new Error('enough')), 350);
    hungUp = 0;
    expect(await failure(again)).toMatchObject({ message: 'enough' });
    await clock.advance(1000);
    expect([hungUp, handled]).toEqual([0, 2]);
  });

  it('resets connections, in the middle of a stream too', async () => {
    const asking = ask();
    clock.setTimer(() => toxic('reset_peer', { timeout: 0 }), 250);
    expect(await failure(asking)).toBe('ECONNRESET');
    expect([clock.now(), hungUp]).toEqual([300, 1]);
  });

  it('is done to the share of connections that the toxicity says, and to none at 0', async () => {
    toxic('latency', { latency: 250, jitter: 0 }, 0);
    await clock.run(ask('/whole'));
    expect(clock.now()).toBe(0);
    expect(registry.account('link', 'latency')).toMatchObject({ connectionsSeen: 1, connectionsAltered: 0 });
  });

  it('refuses connections while it is disabled, and breaks those that are open', async () => {
    const asking = failure(ask());
    clock.setTimer(() => void registry.update('link', { enabled: false }), 250);
    expect(await asking).toBe('UND_ERR_SOCKET');
    expect(await failure(ask('/whole'))).toBe('ECONNREFUSED');
    await registry.update('link', { enabled: true });
    expect((await clock.run(ask('/whole'))).text).toBe('whole');
  });

  it('refuses who connects where a toxic says so, and lets connections go on that are kept', async () => {
    await clock.run(ask('/whole'));
    toxic('refuse', {});
    const words = ask();
    expect(await failure(ask('/whole'))).toBe('ECONNREFUSED');
    expect((await clock.run(words)).text).toBe('one two three four five');
    untoxic('refuse');
    expect((await clock.run(Promise.all([ask('/whole'), ask('/whole')])))[1].text).toBe('whole');
  });

  it('opens a door in the state that is asked for', async () => {
    const accepted: string[] = [];
    const [upstream, listen] = ['127.0.0.1:1', '127.0.0.1:2'];
    const ground = { upstream: () => upstream, log: () => undefined, accept: () => accepted.push(listen) };
    const door = await network.openPort({ ...ground, listen, door: 'refusing' });
    const outcome = (): Promise<unknown> => network.fetch(`http://${listen}/`).catch(causeCode);
    expect([await outcome(), accepted]).toEqual(['ECONNREFUSED', []]);
    await door.turn('open');
    await outcome();
    expect(accepted).toEqual([listen]);
  });

  it('answers no connect where a toxic says so: until that ends, the caller gives up, or ten seconds are over', async () => {
    toxic('connect_timeout', {});
    expect([await failure(ask('/whole')), clock.now()]).toEqual(['UND_ERR_CONNECT_TIMEOUT', 10_000]);
    const asking = failure(ask('/whole', { signal: after(2500) }));
    expect([await asking, clock.now()]).toEqual([expect.objectContaining({ message: 'enough' }), 12_500]);
    clock.setTimer(() => untoxic('connect_timeout'), 1500);
    expect((await clock.run(ask('/whole'))).text).toBe('whole');
    expect([clock.now(), handled]).toEqual([14_500, 1]);
  });

  it('tells the handler when the caller gives up, before the head and in the middle of the body', async () => {
    const before = new AbortController();
    toxic('latency', { latency: 1000, jitter: 0 });
    clock.setTimer(() => before.abort(new Error('enough')), 100);
    expect(await failure(ask('/whole', { signal: before.signal }))).toMatchObject({ message: 'enough' });
    untoxic('latency');
    const within = new AbortController();
    clock.setTimer(() => within.abort(new Error('enough')), 250);
    expect(await failure(ask('/stream', { signal: within.signal }))).toMatchObject({ message: 'enough' });
    expect(hungUp).toBe(2);
    const response = await network.fetch(`${url}/stream`);
    await response.body?.cancel();
    await clock.advance(1);
    expect(hungUp).toBe(3);
  });

  it('breaks off where the handler breaks off', async () => {
    const broken = network.listen(
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('the part died')) })),
    );
    await registry.create({ name: 'broken', listen: '127.0.0.1:4000', upstream: broken, enabled: true, toxics: [] });
    const response = await network.fetch('http://127.0.0.1:4000/');
    expect(await failure(response.text())).toBe('UND_ERR_SOCKET');
  });

  it('tells its caller nothing of what a handler throws but that the connection is gone', async () => {
    const broken = network.listen(() => {
      throw new Error('a secret of the part');
    });
    await registry.create({ name: 'broken', listen: '127.0.0.1:4000', upstream: broken, enabled: true, toxics: [] });
    for (const address of ['127.0.0.1:4000', broken]) {
      expect(await failure(network.fetch(`http://${address}/`))).toBe('UND_ERR_SOCKET');
    }
  });
});

describe('a half-open link', () => {
  it('loses what is asked, and closes nothing: the handler never hears of it', async () => {
    toxic('timeout', { timeout: 0 }, 1, 'upstream');
    const giveUp = new AbortController();
    clock.setTimer(() => giveUp.abort(new Error('enough')), 5000);
    expect(await failure(ask('/whole', { signal: giveUp.signal }))).toMatchObject({ message: 'enough' });
    expect([clock.now(), handled]).toEqual([5000, 0]);
  });

  it('loses what is answered: the handler has done it all', async () => {
    toxic('timeout', { timeout: 0 });
    const giveUp = new AbortController();
    clock.setTimer(() => giveUp.abort(new Error('enough')), 5000);
    expect(await failure(ask('/whole', { signal: giveUp.signal }))).toMatchObject({ message: 'enough' });
    expect([clock.now(), handled]).toEqual([5000, 1]);
  });

  it('goes dead in the middle of a stream, and no byte comes any more', async () => {
    const response = await network.fetch(`${url}/stream`);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        seen.push(Buffer.from(chunk).toString());
    })();
    reading.catch(() => undefined);
    clock.setTimer(() => toxic('timeout', { timeout: 0 }), 250);
    await clock.advance(60_000);
    expect(seen).toEqual(['one ', 'two ']);
  });
});
