import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { Owners } from '../../../harness/world/simulated/owners.ts';
import { SimulatedProcess } from '../../../harness/world/simulated/simulated-process.ts';
import type { InProcessTarget } from '../../../harness/world/types.ts';
import type { Clock } from '../../../harness/kit/clock.ts';

const address = '127.0.0.1:1';
let clock: VirtualClock;
let network: SimulatedNetwork;
let process: SimulatedProcess;
/** What reached the store, with when. */
let stored: string[];
/** Calls at the slow service whose caller has gone. */
let hungUp: number;

beforeEach(() => {
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock);
  stored = [];
  hungUp = 0;
});
afterEach(() => clock.advance(0));

/** Runs what a test does in virtual time, with a process that was made of `create`. */
function during(
  create: (ground: { clock: Clock; fetch: typeof fetch }, life: number) => InProcessTarget,
  test: () => Promise<void>,
): Promise<void> {
  const owners = new Owners();
  network.listen(async (request) => {
    stored.push(`${await request.text()} at ${clock.now()}`);
    return new Response('stored');
  }, '127.0.0.1:2');
  network.listen(async ({ signal }) => {
    signal.addEventListener('abort', () => (hungUp += 1));
    await clock.sleep(500);
    return new Response('slow');
  }, '127.0.0.1:3');
  process = new SimulatedProcess({
    ...{ clock, network, owners, address },
    create: (ground, life) => Promise.resolve(create(ground, life)),
  });
  return withVirtualGlobals(
    {
      ...{ clock, random: seededRandom(1), limitMs: 60_000 },
      ...{ timers: owners.clock(clock), fetch: owners.fetch(network.fetch) },
    },
    async () => {
      await process.start();
      await test();
    },
  );
}

const store = (text: string): Promise<Response> => fetch('http://127.0.0.1:2/', { method: 'POST', body: text });
const call = (path: string): Promise<Response> => fetch(`http://${address}${path}`);
const sleep = (delayMs: number): Promise<void> => clock.sleep(delayMs);

/** Keeps what it is given in memory, and writes it when it is told to, or after a second, by a global timer. */
function forgetful(): InProcessTarget {
  const kept: string[] = [];
  const write = async (): Promise<void> => {
    for (const text of kept.splice(0)) await store(text);
  };
  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/write') await write();
      else if (pathname === '/kept') return new Response(kept.join());
      else if (pathname === '/slow') return fetch('http://127.0.0.1:3/');
      else {
        kept.push(pathname.slice(1));
        setTimeout(() => void write(), 1000);
      }
      return new Response('done');
    },
    stop: () => Promise.resolve(),
  };
}

describe('a process that is killed', () => {
  it('has lost what it had not written, and a timer that a library set never fires', () =>
    during(forgetful, async () => {
      await call('/one');
      await call('/write');
      await call('/two');
      await process.kill();
      await sleep(5000);
      expect(stored).toEqual(['one at 0']);
      await process.restart();
      expect(await (await call('/kept')).text()).toBe('');
      await call('/three');
      await sleep(5000);
      expect(stored).toEqual(['one at 0', 'three at 6000']);
    }));

  it('refuses connections, and its callers see theirs closed', () =>
    during(forgetful, async () => {
      const slow = call('/slow');
      const seen = slow.then(
        () => 'answered',
        (cause: unknown) => [causeOf(cause), clock.now()],
      );
      await sleep(100);
      await process.kill();
      expect(await seen).toEqual(['UND_ERR_SOCKET', 100]);
      expect(await call('/one').catch(causeOf)).toBe('ECONNREFUSED');
    }));

  it('has gone for those that it called, at that very time', () =>
    during(
      ({ fetch: own }) => ({
        fetch: () => own('http://127.0.0.1:9/slow'),
        stop: () => Promise.resolve(),
      }),
      async () => {
        await linkTo('127.0.0.1:3', '127.0.0.1:9');
        call('/').catch(() => undefined);
        await sleep(100);
        expect(hungUp).toBe(0);
        await process.kill();
        expect(hungUp).toBe(1);
      },
    ));

  it('breaks an answer in the middle of its stream', () =>
    during(streaming, async () => {
      await linkTo(address, '127.0.0.1:9');
      const response = await fetch('http://127.0.0.1:9/');
      const words: string[] = [];
      let broken: unknown;
      setTimeout(() => void process.kill(), 250);
      try {
        for await (const chunk of response.body ?? []) words.push(Buffer.from(chunk).toString());
      } catch (cause) {
        broken = [causeOf(cause), clock.now()];
      }
      expect(words).toEqual(['1', '2']);
      expect(broken).toEqual(['UND_ERR_SOCKET', 250]);
    }));
});

it('closes a connection after five idle seconds, as a server of Node does', () =>
  during(forgetful, async () => {
    const opened = await linkTo(address, '127.0.0.1:9');
    const get = async (): Promise<number> => {
      await (await fetch('http://127.0.0.1:9/kept')).text();
      return opened();
    };
    expect(await get()).toBe(1);
    await sleep(4999);
    expect(await get()).toBe(1);
    await sleep(5001);
    expect(await get()).toBe(2);
  }));

describe('a process that is paused', () => {
  it('takes a request, and answers it when it is resumed', () =>
    during(forgetful, async () => {
      await process.pause();
      const answer = call('/one').then(async (response) => [await response.text(), clock.now()]);
      await sleep(700);
      await process.resume();
      expect(await answer).toEqual(['done', 700]);
    }));

  it('runs timers that fell due meanwhile when it is resumed, in their order, and none of them twice', () =>
    during(
      (own) => ({
        fetch: () => {
          own.clock.setTimer(() => void store('late'), 300);
          setTimeout(() => void store('early'), 200);
          setTimeout(() => void store('after'), 900);
          return new Response();
        },
        stop: () => Promise.resolve(),
      }),
      async () => {
        await call('/');
        await process.pause();
        await sleep(500);
        expect(stored).toEqual([]);
        await process.resume();
        await sleep(1000);
        expect(stored).toEqual(['early at 500', 'late at 500', 'after at 900']);
      },
    ));

  it('finds that a lease which it held has expired', () =>
    during(
      (own) => {
        let leaseUntilMs = own.clock.now() + 400;
        return {
          fetch: (request) => {
            if (request.url.endsWith('/renew')) leaseUntilMs = own.clock.now() + 400;
            return new Response(own.clock.now() < leaseUntilMs && Date.now() < leaseUntilMs ? 'held' : 'expired');
          },
          stop: () => Promise.resolve(),
        };
      },
      async () => {
        expect(await (await call('/')).text()).toBe('held');
        await process.pause();
        await sleep(401);
        await process.resume();
        expect(await (await call('/')).text()).toBe('expired');
      },
    ));

  it('hears of answers, and of the pieces of a stream, when it is resumed', () =>
    during(
      () => ({
        fetch: async () => {
          const response = await fetch('http://127.0.0.1:4/');
          const times: number[] = [];
          const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
          for await (const chunk of body) if (chunk.length > 0) times.push(clock.now());
          return Response.json(times);
        },
        stop: () => Promise.resolve(),
      }),
      async () => {
        const source = streaming();
        network.listen((request) => source.fetch(request), '127.0.0.1:4');
        const times = call('/').then((response) => response.json());
        await sleep(150);
        await process.pause();
        await sleep(200);
        await process.resume();
        expect(await times).toEqual([100, 350, 450, 550, 650]);
      },
    ));

  it('can be killed and started again', () =>
    during(forgetful, async () => {
      await process.pause();
      const lost = call('/one').catch(causeOf);
      await sleep(10);
      await process.restart();
      expect(await lost).toBe('UND_ERR_SOCKET');
      expect(await (await call('/two')).text()).toBe('done');
    }));
});

/** What a target does when its caller hangs up. */
type OnHangUp = (own: { clock: Clock; fetch: typeof fetch }) => void;
const hangsUpWith: Readonly<Record<string, OnHangUp>> = {
  'sends by the global fetch': () => void store('sent').catch(() => undefined),
  'sends by a fetch of its own': (own) =>
    void own.fetch('http://127.0.0.1:2/', { method: 'POST', body: 'sent' }).catch(() => undefined),
  'sets a global timer': () => void setTimeout(() => void store('sent'), 1000),
};

/** Answers nothing, and does something when its caller hangs up. */
function listening(onHangUp: OnHangUp): (own: { clock: Clock; fetch: typeof fetch }) => InProcessTarget {
  return (own) => ({
    fetch: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => onHangUp(own))),
    stop: () => Promise.resolve(),
  });
}

/** Streams without end, and writes to the store when its reader wants no more. */
function cancellable(): InProcessTarget {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    await clock.sleep(50);
    controller.enqueue(Buffer.from('x'));
  };
  const cancel = (): void => void store('cancelled').catch(() => undefined);
  return {
    fetch: () => new Response(new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })),
    stop: () => Promise.resolve(),
  };
}

describe.each(Object.entries(hangsUpWith))('a target that %s when its caller hangs up', (_, onHangUp) => {
  it('does not do it when it is killed', () =>
    during(listening(onHangUp), async () => {
      await linkTo(address, '127.0.0.1:9');
      const lost = fetch('http://127.0.0.1:9/').catch(causeOf);
      await sleep(100);
      await process.kill();
      await sleep(5000);
      expect([await lost, stored]).toEqual(['UND_ERR_SOCKET', []]);
    }));

  it.each(['127.0.0.1:9', address])('has done nothing while it was paused, and does it then, at %s', (at) =>
    during(listening(onHangUp), async () => {
      await linkTo(address, '127.0.0.1:9');
      const caller = new AbortController();
      fetch(`http://${at}/`, { signal: caller.signal }).catch(() => undefined);
      await sleep(100);
      await process.pause();
      caller.abort();
      await sleep(5000);
      expect(stored).toEqual([]);
      await process.resume();
      await sleep(1000);
      expect(stored).toEqual([expect.stringMatching(/^sent at (5100|6100)$/)]);
    }),
  );
});

describe('what a target does for a caller that is gone', () => {
  it('is done while it lives, and its timers die with it', () =>
    during(
      listening(() => void setTimeout(() => void store('sent'), 1000)),
      async () => {
        await linkTo(address, '127.0.0.1:9');
        const hangUpAt = async (delayMs: number): Promise<void> => {
          const caller = new AbortController();
          fetch('http://127.0.0.1:9/', { signal: caller.signal }).catch(() => undefined);
          await sleep(delayMs);
          caller.abort();
        };
        await hangUpAt(100);
        await sleep(1000);
        expect(stored).toEqual(['sent at 1100']);
        await hangUpAt(100);
        await sleep(100);
        await process.kill();
        await sleep(5000);
        expect(stored).toEqual(['sent at 1100']);
      },
    ));

  it('is done as its own also where the request is one of the platform', () =>
    during(
      listening(() => void setTimeout(() => void store('sent'), 1000)),
      async () => {
        await linkTo(address, '127.0.0.1:9');
        const caller = new AbortController();
        fetch('http://127.0.0.1:9/', { method: 'POST', body: Buffer.from('bytes'), signal: caller.signal }).catch(
          () => undefined,
        );
        await sleep(100);
        caller.abort();
        await sleep(100);
        await process.kill();
        await sleep(5000);
        expect(stored).toEqual([]);
      },
    ));
});

/** Ways of sending that take time, or more than one request, before the store has it. */
const roundabout: Readonly<Record<string, () => Promise<Response>>> = {
  'to a name that has to be resolved': () => fetch('http://slow.example:2/', { method: 'POST', body: 'sent' }),
  'to where it is sent on from': () => fetch('http://127.0.0.1:5/', { method: 'POST', body: 'sent' }),
  'what it has to read first': () =>
    fetch('http://127.0.0.1:2/', { method: 'POST', body: slowly('sent'), duplex: 'half' }),
};

describe.each(Object.entries(roundabout))('a target that sends %s', (_, send) => {
  /** Sends in 200 ms, of which 100 are over when the test begins. */
  const halfway = (test: () => Promise<void>): Promise<void> =>
    during(
      () => ({ fetch: () => send(), stop: () => Promise.resolve() }),
      async () => {
        network.names.set('slow.example', { answer: { address: '127.0.0.1' }, afterMs: 200 });
        network.listen(async () => {
          await sleep(200);
          return new Response(null, { status: 307, headers: { location: 'http://127.0.0.1:2/' } });
        }, '127.0.0.1:5');
        call('/').catch(() => undefined);
        await sleep(100);
        await test();
      },
    );

  it('gets it there', () =>
    halfway(async () => {
      await sleep(1000);
      expect(stored).toEqual(['sent at 200']);
    }));

  it('sends nothing more when it is killed meanwhile', () =>
    halfway(async () => {
      await process.kill();
      await sleep(1000);
      expect(stored).toEqual([]);
    }));

  it('goes on with it when it is resumed', () =>
    halfway(async () => {
      await process.pause();
      await sleep(1000);
      expect(stored).toEqual([]);
      await process.resume();
      await sleep(1);
      expect(stored).toEqual(['sent at 1100']);
    }));
});

describe('a stream of a target', () => {
  it.each(['127.0.0.1:9', address])('is cancelled when its reader wants no more, at %s', (at) =>
    during(cancellable, async () => {
      await linkTo(address, '127.0.0.1:9');
      await readFor(120, `http://${at}/`);
      await sleep(0);
      expect(stored).toEqual(['cancelled at 120']);
    }),
  );

  it('is not cancelled any more when the target is killed', () =>
    during(cancellable, async () => {
      await linkTo(address, '127.0.0.1:9');
      const reading = readFor(5000, 'http://127.0.0.1:9/').catch(causeOf);
      await sleep(120);
      await process.kill();
      await sleep(5000);
      expect([await reading, stored]).toEqual(['UND_ERR_SOCKET', []]);
    }));

  it.each(['127.0.0.1:9', address])('is cancelled when the target is resumed, where it is paused, at %s', (at) =>
    during(cancellable, async () => {
      await linkTo(address, '127.0.0.1:9');
      const reading = readFor(120, `http://${at}/`);
      await sleep(110);
      await process.pause();
      await reading;
      await sleep(1000);
      expect(stored).toEqual([]);
      await process.resume();
      await sleep(0);
      expect(stored).toEqual([expect.stringMatching(/^cancelled at /)]);
    }),
  );
});

/** Reads for some time, and then wants no more. */
async function readFor(durationMs: number, url: string): Promise<void> {
  const reader = (await fetch(url)).body?.getReader();
  const over = sleep(durationMs).then(() => 'over' as const);
  while (reader) {
    const reading = await Promise.race([reader.read(), over]);
    if (reading === 'over') return reader.cancel();
  }
}

/** A text that takes 200 ms, by a timer of the platform. */
function slowly(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        controller.enqueue(Buffer.from(text));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Five words, 100 ms apart. */
function streaming(): InProcessTarget {
  return {
    fetch: () => {
      let count = 0;
      return new Response(
        new ReadableStream<Uint8Array>(
          {
            pull: async (controller) => {
              await clock.sleep(100);
              count += 1;
              controller.enqueue(Buffer.from(String(count)));
              if (count === 5) controller.close();
            },
          },
          { highWaterMark: 0 },
        ),
      );
    },
    stop: () => Promise.resolve(),
  };
}

/** A door on one address that leads to another, as the fault proxy has. Gives how many connections have been opened through it. */
async function linkTo(upstream: string, listen: string): Promise<() => number> {
  let opened = 0;
  await network.openPort({
    ...{ listen, upstream: () => upstream, log: () => undefined },
    accept: (make) => {
      opened += 1;
      make({
        ...{ clock, meet: (toxic) => toxic.meet(1, seededRandom(1)) },
        came: () => undefined,
        passed: () => undefined,
        over: () => undefined,
        reached: () => undefined,
      });
    },
  });
  return () => opened;
}

function causeOf(cause: unknown): unknown {
  return cause instanceof Error ? (cause.cause as { code?: string } | undefined)?.code : cause;
}
