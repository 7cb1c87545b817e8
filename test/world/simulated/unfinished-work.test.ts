import { describe, expect, it } from 'vitest';
import type { InProcessTarget } from '../../../harness/world/types.ts';
import { causeCode } from './cause-code.ts';
import { address, call, during, store, type Own, type ProcessGround } from './process-ground.ts';

/** What a target does when its caller hangs up. */
type OnHangUp = (own: Own) => void;
const hangsUpWith: Readonly<Record<string, OnHangUp>> = {
  'sends by the global fetch': () => void store('sent').catch(() => undefined),
  'sends by a fetch of its own': (own) =>
    void own.fetch('http://127.0.0.1:2/', { method: 'POST', body: 'sent' }).catch(() => undefined),
  'sets a global timer': () => void setTimeout(() => void store('sent'), 1000),
};

/** Answers nothing, and does something when its caller hangs up. */
function listening(onHangUp: OnHangUp): (own: Own) => InProcessTarget {
  return (own) => ({
    fetch: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => onHangUp(own))),
    stop: () => Promise.resolve(),
  });
}

/** Streams without end, and writes to the store when its reader wants no more. */
function cancellable(_own: Own, { clock }: ProcessGround): InProcessTarget {
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
    during(listening(onHangUp), async ({ process, stored, sleep, linkTo }) => {
      await linkTo(address, '127.0.0.1:9');
      const lost = fetch('http://127.0.0.1:9/').catch(causeCode);
      await sleep(100);
      await process.kill();
      await sleep(5000);
      expect([await lost, stored]).toEqual(['UND_ERR_SOCKET', []]);
    }));

  it.each(['127.0.0.1:9', address])('has done nothing while it was paused, and does it then, at %s', (at) =>
    during(listening(onHangUp), async ({ process, stored, sleep, linkTo }) => {
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
      async ({ process, stored, sleep, linkTo }) => {
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
      async ({ process, stored, sleep, linkTo }) => {
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
  const halfway = (test: (ground: ProcessGround) => Promise<void>): Promise<void> =>
    during(
      () => ({ fetch: () => send(), stop: () => Promise.resolve() }),
      async (ground) => {
        const { network, sleep } = ground;
        network.names.set('slow.example', { answer: { address: '127.0.0.1' }, afterMs: 200 });
        network.listen(async () => {
          await sleep(200);
          return new Response(null, { status: 307, headers: { location: 'http://127.0.0.1:2/' } });
        }, '127.0.0.1:5');
        call('/').catch(() => undefined);
        await sleep(100);
        await test(ground);
      },
    );

  it('gets it there', () =>
    halfway(async ({ stored, sleep }) => {
      await sleep(1000);
      expect(stored).toEqual(['sent at 200']);
    }));

  it('sends nothing more when it is killed meanwhile', () =>
    halfway(async ({ process, stored, sleep }) => {
      await process.kill();
      await sleep(1000);
      expect(stored).toEqual([]);
    }));

  it('goes on with it when it is resumed', () =>
    halfway(async ({ process, stored, sleep }) => {
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
    during(cancellable, async ({ stored, sleep, linkTo }) => {
      await linkTo(address, '127.0.0.1:9');
      await readFor(sleep, 120, `http://${at}/`);
      await sleep(0);
      expect(stored).toEqual(['cancelled at 120']);
    }),
  );

  it('is not cancelled any more when the target is killed', () =>
    during(cancellable, async ({ process, stored, sleep, linkTo }) => {
      await linkTo(address, '127.0.0.1:9');
      const reading = readFor(sleep, 5000, 'http://127.0.0.1:9/').catch(causeCode);
      await sleep(120);
      await process.kill();
      await sleep(5000);
      expect([await reading, stored]).toEqual(['UND_ERR_SOCKET', []]);
    }));

  it.each(['127.0.0.1:9', address])('is cancelled when the target is resumed, where it is paused, at %s', (at) =>
    during(cancellable, async ({ process, stored, sleep, linkTo }) => {
      await linkTo(address, '127.0.0.1:9');
      const reading = readFor(sleep, 120, `http://${at}/`);
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
async function readFor(sleep: ProcessGround['sleep'], durationMs: number, url: string): Promise<void> {
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
