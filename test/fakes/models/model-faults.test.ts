import { describe, expect, it } from 'vitest';
import { messages, setUpInVirtualTime } from './set-up-model-server.ts';

const model = 'gameday-8b';
const ask = { model, messages };

describe('a noisy neighbour', () => {
  it('makes every step take 2.5 times as long with a share of 60 %, until it is healed', async () => {
    const { client, clock, inject, heal, calls } = await setUpInVirtualTime();
    const took = async (): Promise<number> => {
      const fromMs = clock.now();
      await clock.run(client.chat.completions.create(ask));
      return clock.now() - fromMs;
    };
    const healthyMs = await took();
    await inject('neighbour', 'noisyNeighbour', { share: 0.6 });
    const slowMs = await took();
    const receipt = await heal('neighbour');
    expect(slowMs / healthyMs).toBeCloseTo(2.5, 6);
    expect(await took()).toBeCloseTo(healthyMs, 6);
    expect(receipt).toMatchObject({ kind: 'noisyNeighbour', seen: 32, altered: 32, ended: 'healed' });
    expect((await calls()).map((call) => call.fault)).toEqual([null, 'neighbour', null]);
  });

  it('has altered nothing where no step was made, or its share is nought', async () => {
    const { client, clock, inject, heal } = await setUpInVirtualTime();
    await inject('idle', 'noisyNeighbour', { share: 0.6 });
    await clock.advance(1000);
    expect(await heal('idle')).toMatchObject({ seen: 0, altered: 0 });
    await inject('nought', 'noisyNeighbour', { share: 0 });
    await clock.run(client.chat.completions.create(ask));
    expect(await heal('nought')).toMatchObject({ seen: 32, altered: 0 });
  });

  it('leaves by itself when nobody renews its lease', async () => {
    const { client, clock, inject, admin } = await setUpInVirtualTime();
    await inject('neighbour', 'noisyNeighbour', { share: 0.6 }, 3000);
    await clock.advance(2000);
    expect(await admin('POST', '/renew', { leaseMs: 3000 })).toEqual({ active: ['neighbour'] });
    await clock.advance(2500);
    expect(await admin('GET', '/faults')).toMatchObject([{ ended: null }]);
    await clock.advance(1000);
    expect(await admin('GET', '/faults')).toMatchObject([{ ended: 'lease lapsed', activeToMs: 5000 }]);
    const fromMs = clock.now();
    await clock.run(client.chat.completions.create(ask));
    expect(clock.now() - fromMs).toBeLessThan(260);
  });

  it('is refused with a share that leaves nothing', async () => {
    const { inject } = await setUpInVirtualTime();
    expect(await inject('all', 'noisyNeighbour', { share: 1 })).toMatchObject({
      problems: [expect.stringContaining('share')] as unknown,
    });
  });
});

describe('memory pressure', () => {
  it('preempts at once what no longer fits, shows in the metrics, and gives the blocks back', async () => {
    const { client, clock, inject, heal, state, calls, get } = await setUpInVirtualTime({ engine: { kvBlocks: 100 } });
    const answers = Promise.all(Array.from({ length: 4 }, () => client.chat.completions.create(ask)));
    await clock.advance(60);
    expect(await state()).toMatchObject({ running: 4, kvBlocks: 100 });
    await inject('pressure', 'memoryPressure', { kvBlocksShare: 0.2 });
    expect(await state()).toMatchObject({ kvBlocks: 20, running: 2, waiting: 2 });
    expect(await (await get('/metrics')).text()).toContain('cache_config_info{block_size="16",num_gpu_blocks="20"} 1');
    await clock.run(answers);
    const receipt = await heal('pressure');
    expect(receipt.figures['preemptions']).toBeGreaterThanOrEqual(2);
    expect(receipt.altered).toBe(receipt.seen);
    expect(receipt.altered).toBeGreaterThan(50);
    expect(await state()).toMatchObject({ kvBlocks: 100, preemptions: receipt.figures['preemptions'] });
    expect(await (await get('/metrics')).text()).toContain('num_gpu_blocks="100"} 1');
    const chats = (await calls()).filter((call) => call.operation !== null);
    expect(chats.filter((call) => call.fault === 'pressure').length).toBe(
      chats.filter((call) => (call.figures['preemptions'] ?? 0) > 0).length,
    );
    expect(chats.some((call) => call.fault === null)).toBe(true);
    expect(chats.reduce((sum, call) => sum + (call.figures['preemptions'] ?? 0), 0)).toBe(
      receipt.figures['preemptions'],
    );
  });

  it('has altered nothing when it leaves every block', async () => {
    const { client, clock, inject, heal } = await setUpInVirtualTime();
    await inject('nothing', 'memoryPressure', { kvBlocksShare: 1 });
    await clock.run(client.chat.completions.create(ask));
    expect(await heal('nothing')).toMatchObject({ seen: 32, altered: 0 });
  });
});

describe('running out of memory', () => {
  it('kills what is in flight, refuses the rest, fails the health check, and ends with the fault', async () => {
    const { client, post, clock, inject, heal, get, calls } = await setUpInVirtualTime();
    const failed = client.chat.completions.create(ask).catch((cause: unknown) => cause);
    const streamed = await post('/v1/chat/completions', { ...ask, stream: true });
    await clock.advance(50);
    await inject('death', 'outOfMemory', { xid: 31 });
    const text = await streamed.text();
    expect(await failed).toMatchObject({ status: 500, message: expect.stringContaining('EngineCore') as unknown });
    expect(text).toContain('data: {"error":{"message":"EngineCore encountered an issue');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect((await post('/v1/embeddings', { model, input: 'x' })).status).toBe(500);
    expect((await get('/health')).status).toBe(500);
    expect(await (await get('/metrics')).text()).toMatch(/^DCGM_FI_DEV_XID_ERRORS\{.*\} 31$/m);
    expect(await heal('death')).toMatchObject({ seen: 3, altered: 3 });
    expect((await get('/health')).status).toBe(200);
    await clock.run(client.chat.completions.create(ask));
    const work = (await calls()).filter((call) => call.operation !== null);
    expect(work.map((call) => [call.outcome, call.fault])).toEqual([
      ['failed', 'death'],
      ['failed', 'death'],
      ['failed', 'death'],
      ['ok', null],
    ]);
  });
});

describe('a share of errors', () => {
  async function failuresOf(seed: number): Promise<boolean[]> {
    const { post, clock, inject, heal } = await setUpInVirtualTime({}, seed);
    await inject('errors', 'errorShare', { share: 0.3, status: 500 });
    const failures: boolean[] = [];
    for (let count = 0; count < 200; count++) {
      const response = await clock.run(post('/v1/embeddings', { model, input: `text ${count}` }));
      failures.push(response.status === 500);
    }
    expect(await heal('errors')).toMatchObject({ seen: 200, altered: failures.filter(Boolean).length });
    return failures;
  }

  it('fails about that share, the same calls for the same seed', async () => {
    const failures = await failuresOf(3);
    const share = failures.filter(Boolean).length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
    expect(await failuresOf(3)).toEqual(failures);
    expect(await failuresOf(4)).not.toEqual(failures);
  });
});
