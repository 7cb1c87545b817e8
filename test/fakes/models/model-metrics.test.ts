import { describe, expect, it } from 'vitest';
import { messages, setUpInVirtualTime } from './set-up-model-server.ts';

/** The value of a series whose labels include `labels`. */
function valueOf(page: string, name: string, labels = ''): number {
  const line = page
    .split('\n')
    .find((text) => (text.startsWith(`${name}{`) || text.startsWith(`${name} `)) && text.includes(labels));
  return Number(line?.split(' ').at(-1) ?? NaN);
}

const model = 'gameday-8b';

describe('the metrics page', () => {
  it.each([
    'vllm:num_requests_running',
    'vllm:num_requests_waiting',
    'vllm:kv_cache_usage_perc',
    'vllm:num_preemptions_total',
    'vllm:prompt_tokens_total',
    'vllm:generation_tokens_total',
    'vllm:request_success_total',
    'vllm:cache_config_info',
    'vllm:time_to_first_token_seconds_count',
    'vllm:inter_token_latency_seconds_count',
    'vllm:request_queue_time_seconds_count',
    'vllm:e2e_request_latency_seconds_count',
    'DCGM_FI_DEV_GPU_UTIL',
    'DCGM_FI_DEV_FB_USED',
    'DCGM_FI_DEV_FB_FREE',
    'DCGM_FI_DEV_XID_ERRORS',
  ])('has %s from the start', async (name) => {
    const { get } = await setUpInVirtualTime();
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(valueOf(await response.text(), name)).not.toBeNaN();
  });

  it('adds up what was done', async () => {
    const { client, clock, get } = await setUpInVirtualTime();
    const answer = await clock.run(client.chat.completions.create({ model, messages }));
    await clock.run(client.chat.completions.create({ model, messages, max_completion_tokens: 2 }));
    await clock.run(client.embeddings.create({ model, input: 'x'.repeat(40) }));
    const page = await (await get('/metrics')).text();
    const promptTokens = answer.usage?.prompt_tokens ?? NaN;
    expect(valueOf(page, 'vllm:prompt_tokens_total')).toBe(2 * promptTokens + 10);
    expect(valueOf(page, 'vllm:generation_tokens_total')).toBe(34);
    expect(valueOf(page, 'vllm:request_success_total', 'finished_reason="stop"')).toBe(2);
    expect(valueOf(page, 'vllm:request_success_total', 'finished_reason="length"')).toBe(1);
    expect(valueOf(page, 'vllm:time_to_first_token_seconds_count')).toBe(2);
    expect(valueOf(page, 'vllm:inter_token_latency_seconds_count')).toBe(32);
    expect(valueOf(page, 'vllm:inter_token_latency_seconds_sum') / 32).toBeCloseTo(0.00733, 4);
    expect(valueOf(page, 'vllm:e2e_request_latency_seconds_count')).toBe(3);
  });

  it('shows the line and the cache while work is under way', async () => {
    const { client, clock, get } = await setUpInVirtualTime({ engine: { kvBlocks: 40, maxSequences: 2 } });
    const answers = Promise.all(Array.from({ length: 5 }, () => client.chat.completions.create({ model, messages })));
    await clock.advance(30);
    const page = await (await get('/metrics')).text();
    expect(valueOf(page, 'vllm:num_requests_running')).toBe(2);
    expect(valueOf(page, 'vllm:num_requests_waiting')).toBe(3);
    expect(valueOf(page, 'vllm:kv_cache_usage_perc')).toBeCloseTo((2 * 7) / 40, 6);
    await clock.run(answers);
  });

  it('shows a neighbour as utilisation, and pressure as used memory', async () => {
    const { inject, get, clock } = await setUpInVirtualTime();
    await clock.advance(100);
    const before = await (await get('/metrics')).text();
    await inject('neighbour', 'noisyNeighbour', { share: 0.6 });
    await inject('pressure', 'memoryPressure', { kvBlocksShare: 0.5 });
    const during = await (await get('/metrics')).text();
    expect([valueOf(before, 'DCGM_FI_DEV_GPU_UTIL'), valueOf(during, 'DCGM_FI_DEV_GPU_UTIL')]).toEqual([0, 60]);
    expect(valueOf(during, 'DCGM_FI_DEV_FB_USED')).toBeGreaterThan(valueOf(before, 'DCGM_FI_DEV_FB_USED'));
    expect(valueOf(during, 'DCGM_FI_DEV_FB_USED') + valueOf(during, 'DCGM_FI_DEV_FB_FREE')).toBe(81_559);
  });

  it('belongs to one server: another one starts at nought', async () => {
    const first = await setUpInVirtualTime();
    await first.clock.run(first.client.embeddings.create({ model, input: 'x' }));
    const second = await setUpInVirtualTime();
    expect(valueOf(await (await second.get('/metrics')).text(), 'vllm:prompt_tokens_total')).toBe(0);
  });
});
