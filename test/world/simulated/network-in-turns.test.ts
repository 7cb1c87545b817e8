import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { causeCode } from './cause-code.ts';

let network: SimulatedNetwork;
let registry: Registry;

describe('a network on a clock whose seed decides what comes first', () => {
  /** What two do at the same moment on a clock that interleaves by the seed, in the order in which it is seen. */
  async function orderOf(
    seed: number | undefined,
    act: (see: (what: string) => void) => Promise<void>[],
  ): Promise<string> {
    const order = seededRandom(seed ?? 1);
    const clock = new VirtualClock(0, seed === undefined ? {} : { interleave: () => order.next() });
    network = new SimulatedNetwork(clock);
    registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
    const seen: string[] = [];
    await clock.run(Promise.all(act((what) => seen.push(what))));
    expect(clock.now()).toBe(0);
    return seen.join();
  }
  async function linkTo(upstream: string): Promise<string> {
    const request = { name: 'in turns', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] };
    return `http://${(await registry.create(request)).listen}`;
  }

  const acts: Readonly<Record<string, (see: (what: string) => void) => Promise<void>[]>> = {
    'upserts through a link': (see) => {
      const link = linkTo(network.listen(storing(see)));
      return ['a', 'b'].map(async (body) => {
        await network.fetch(await link, { method: 'PUT', body });
      });
    },
    'upserts past every link': (see) => {
      const store = network.listen(storing(see));
      return ['a', 'b'].map(async (body) => {
        await network.fetch(`http://${store}`, { method: 'PUT', body });
      });
    },
    answers: (see) => {
      const link = linkTo(network.listen(together(2)));
      return ['a', 'b'].map(async (body) =>
        see(await (await network.fetch(await link, { method: 'PUT', body })).text()),
      );
    },
    chunks: (see) => {
      const chunks = (): Response => new Response(streamOf(['x']));
      const link = linkTo(network.listen(chunks));
      const readers = [1, 2].map(async () => (await network.fetch(await link)).body?.getReader());
      return ['a', 'b'].map(async (name, index) => {
        await Promise.all(readers);
        await (await readers[index])?.read();
        see(name);
      });
    },
    'answers of the server of names': (see) =>
      ['localhost', 'nobody.example'].map(async (name) => {
        see(
          await network.fetch(`http://${name}:9/`).then(
            () => 'answered',
            (cause: unknown) => String(causeCode(cause)),
          ),
        );
      }),
  };

  it.each(Object.entries(acts))('sees %s that come at one moment in both orders, each seed in one', async (_, act) => {
    const orders = new Map<string, number>();
    for (let seed = 1; seed <= 20; seed++) orders.set(await orderOf(seed, act), seed);
    expect(orders.size).toBe(2);
    for (const [order, seed] of orders) expect(await orderOf(seed, act)).toBe(order);
  });

  it.each(Object.entries(acts))('sees %s in the order in which they were sent where it does not', async (_, act) => {
    expect(['a,b', 'ECONNREFUSED,ENOTFOUND']).toContain(await orderOf(undefined, act));
    expect(await orderOf(undefined, act)).toBe(await orderOf(undefined, act));
  });

  it('keeps the chunks of one stream in their order', async () => {
    const words = ['one', 'two', 'three', 'four', 'five'];
    const readAll = async (see: (what: string) => void): Promise<void> => {
      const streamed = (): Response => new Response(streamOf(words));
      const reader = (await network.fetch(await linkTo(network.listen(streamed)))).body?.getReader();
      await Promise.all(words.map(async () => see(Buffer.from((await reader?.read())?.value ?? []).toString())));
    };
    for (let seed = 1; seed <= 20; seed++)
      expect(await orderOf(seed, (see) => [readAll(see)])).toBe('one,two,three,four,five');
  });
});

/** Says what it was sent. */
function storing(see: (what: string) => void): (request: Request) => Promise<Response> {
  return async (request) => {
    see(await request.text());
    return new Response('stored');
  };
}

/** Answers so many requests when it has them all, each with its own text. */
function together(count: number): (request: Request) => Promise<Response> {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  let missing = count;
  return async (request) => {
    const text = await request.text();
    if (--missing === 0) resolve();
    await promise;
    return new Response(text);
  };
}

function streamOf(words: readonly string[]): ReadableStream<Uint8Array> {
  const left = [...words];
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const word = left.shift();
      if (word === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(word));
    },
  });
}
