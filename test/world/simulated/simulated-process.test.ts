import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { InProcessTarget } from '../../../harness/world/types.ts';
import { causeCode } from './cause-code.ts';
import { address, call, during, store } from './process-ground.ts';

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
    during(forgetful, async ({ process, stored, sleep }) => {
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
    during(forgetful, async ({ clock, process, sleep }) => {
      const slow = call('/slow');
      const seen = slow.then(
        () => 'answered',
        (cause: unknown) => [causeCode(cause), clock.now()],
      );
      await sleep(100);
      await process.kill();
      expect(await seen).toEqual(['UND_ERR_SOCKET', 100]);
      expect(await call('/one').catch(causeCode)).toBe('ECONNREFUSED');
    }));

  it('has gone for those that it called, at that very time', () =>
    during(
      ({ fetch: own }) => ({
        fetch: () => own('http://127.0.0.1:9/slow'),
        stop: () => Promise.resolve(),
      }),
      async (ground) => {
        const { process, sleep, linkTo } = ground;
        await linkTo('127.0.0.1:3', '127.0.0.1:9');
        call('/').catch(() => undefined);
        await sleep(100);
        expect(ground.hungUp).toBe(0);
        await process.kill();
        expect(ground.hungUp).toBe(1);
      },
    ));

  it('breaks an answer in the middle of its stream', () =>
    during(
      (_own, ground) => streaming(ground),
      async ({ clock, process, linkTo }) => {
        await linkTo(address, '127.0.0.1:9');
        const response = await fetch('http://127.0.0.1:9/');
        const words: string[] = [];
        let broken: unknown;
        setTimeout(() => void process.kill(), 250);
        try {
          for await (const chunk of response.body ?? []) words.push(Buffer.from(chunk).toString());
        } catch (cause) {
          broken = [causeCode(cause), clock.now()];
        }
        expect(words).toEqual(['1', '2']);
        expect(broken).toEqual(['UND_ERR_SOCKET', 250]);
      },
    ));
});

it('closes a connection after five idle seconds, as a server of Node does', () =>
  during(forgetful, async ({ sleep, linkTo }) => {
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
    during(forgetful, async ({ clock, process, sleep }) => {
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
      async ({ process, stored, sleep }) => {
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
      async ({ process, sleep }) => {
        expect(await (await call('/')).text()).toBe('held');
        await process.pause();
        await sleep(401);
        await process.resume();
        expect(await (await call('/')).text()).toBe('expired');
      },
    ));

  it('hears of answers, and of the pieces of a stream, when it is resumed', () =>
    during(
      (_own, { clock }) => ({
        fetch: async () => {
          const response = await fetch('http://127.0.0.1:4/');
          const times: number[] = [];
          const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
          for await (const chunk of body) if (chunk.length > 0) times.push(clock.now());
          return Response.json(times);
        },
        stop: () => Promise.resolve(),
      }),
      async ({ clock, network, process, sleep }) => {
        const source = streaming({ clock });
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
    during(forgetful, async ({ process, sleep }) => {
      await process.pause();
      const lost = call('/one').catch(causeCode);
      await sleep(10);
      await process.restart();
      expect(await lost).toBe('UND_ERR_SOCKET');
      expect(await (await call('/two')).text()).toBe('done');
    }));
});

/** Five words, 100 ms apart. */
function streaming({ clock }: { readonly clock: Clock }): InProcessTarget {
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
