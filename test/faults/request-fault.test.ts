import { describe, expect, it } from 'vitest';
import { cutStream } from '../../harness/faults/cut-stream.ts';
import { failRequests } from '../../harness/faults/fail-requests.ts';
import { checkFaults, injectorFor } from '../../harness/faults/index.ts';
import { vendorNames } from '../../harness/faults/request-fault.ts';
import { slowFirstByte } from '../../harness/faults/slow-first-byte.ts';
import { stallStream } from '../../harness/faults/stall-stream.ts';
import { streamError } from '../../harness/faults/stream-error.ts';
import type { FaultSpec } from '../../harness/faults/types.ts';
import { systemClock } from '../../harness/kit/clock.ts';
import { connectProxyClient } from '../../harness/proxy/client.ts';
import { vendors } from '../../harness/proxy/http/vendor-errors.ts';
import type { FaultAccess } from '../../harness/world/types.ts';
import { httpBench, streaming } from '../proxy/http/support.ts';
import { startBench } from '../proxy/support.ts';

const events = ['data: {"n":1}\n\n', 'data: {"n":2}\n\n', 'data: [DONE]\n\n'];

/** What two requests see, one after the other, and what the fault says that it did. */
async function under(spec: FaultSpec, paths = ['/v1/chat', '/v1/chat']): Promise<{ seen: unknown[]; effect: object }> {
  await using bench = await startBench();
  const { ask } = await httpBench(bench, streaming(events, 5));
  const client = connectProxyClient(bench.url, { clock: systemClock(), fetch });
  const link = {
    addToxic: (toxic: Parameters<typeof client.addToxic>[1]) => client.addToxic('http', toxic),
    removeToxic: async (name: string) => ({ ...(await client.removeToxic('http', name)), ended: 'healed' as const }),
  };
  const access = { clock: systemClock(), link: () => link } as unknown as FaultAccess;
  const active = await injectorFor(spec.kind)?.inject(spec, access, 5000);
  const seen: unknown[] = [];
  for (const path of paths) seen.push(await ask({ path }));
  return { seen, effect: (await active?.heal()) ?? expect.unreachable(`there is no ${spec.kind}`) };
}

const part = 'model-server';
const whole = { status: 200, text: events.join(''), error: undefined };

describe('a fault of requests', () => {
  it('answers them in the place of the part, with the words and the hint that were asked for', async () => {
    const fault = failRequests({
      part,
      status: 429,
      vendor: 'openai',
      code: 'insufficient_quota',
      retryAfter: '7',
      times: 1,
    });
    const { seen, effect } = await under(fault);
    expect(seen).toMatchObject([
      { status: 429, headers: { 'retry-after': '7' }, text: expect.stringContaining('"insufficient_quota"') as string },
      whole,
    ]);
    expect(effect).toMatchObject({ seen: 2, altered: 1, ended: 'healed' });
  });

  it('is done to its path only', async () => {
    const { seen, effect } = await under(failRequests({ part, path: '/v1/embed*' }), ['/v1/chat', '/v1/embeddings']);
    expect(seen).toMatchObject([whole, { status: 503 }]);
    expect(effect).toMatchObject({ seen: 2, altered: 1 });
  });

  it.each([
    ['delays the first byte', slowFirstByte({ part, delayMs: 60 }), whole],
    ['holds a stream up', stallStream({ part, afterEvents: 1, stallMs: 60 }), whole],
    ['ends a stream', cutStream({ part, afterEvents: 1 }), { ...whole, text: events[0] }],
    [
      'ends a stream as if it were whole',
      cutStream({ part, how: 'done' }),
      { ...whole, text: `${events[0]}${events[2]}` },
    ],
    ['closes the connection', cutStream({ part, how: 'close' }), { text: events[0], error: 'ECONNRESET' }],
    [
      'says in the stream that it failed',
      streamError({ part, vendor: 'vllm' }),
      { status: 200, text: expect.stringMatching(/"n":1.*EngineCore.*\[DONE\]/s) as string, error: undefined },
    ],
  ])('%s, and counts requests', async (_what, fault, seen) => {
    const outcome = await under(fault);
    expect(outcome.seen).toMatchObject([seen, seen]);
    expect(outcome.effect).toMatchObject({ seen: 2, altered: 2 });
  });

  it('says in its summary what it does to which of them', () => {
    expect(
      failRequests({ part, status: 429, vendor: 'openai', retryAfter: '1', path: '/v1/*', share: 0.25, times: 3 })
        .summary,
    ).toBe('requests to model-server are answered 429 (openai); Retry-After 1 (to /v1/*, 25 % of them, 3 at most)');
    expect(cutStream({ part, how: 'reset' }).summary).toBe('streams of model-server are reset after 1 events');
  });

  it('leaves nothing over only where it fails all of them', () => {
    expect(failRequests({ part }).remainingPerSecond).toBe(0);
    expect(failRequests({ part, share: 0.5 }).remainingPerSecond).toBeUndefined();
  });

  it('knows the vendors that the proxy knows', () => {
    expect(vendorNames).toEqual(vendors);
  });

  it.each([
    ['a status that is no error', failRequests({ part, status: 200 })],
    ['a share of nothing', failRequests({ part, share: 0 })],
    ['a share beyond all', stallStream({ part, share: 1.5 })],
    ['a path without its slash', cutStream({ part, path: 'v1' })],
    ['no times at all', streamError({ part, times: 0 })],
    ['a hint of two lines', failRequests({ part, retryAfter: '1\n2' })],
    ['a code of two lines', streamError({ part, code: 'a\nb' })],
    ['half an event', stallStream({ part, afterEvents: 0.5 })],
    ['a delay of days', slowFirstByte({ part, delayMs: 1e9 })],
  ])('is refused at the door: %s', (_what, fault) => {
    expect(checkFaults([fault], [part])).toHaveLength(1);
  });
});
