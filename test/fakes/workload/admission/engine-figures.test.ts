import { expect, it } from 'vitest';
import { parseEngineFigures } from '../../../../fakes/workload/admission/engine-figures.ts';

it('reads the figures of vLLM from its page', () => {
  const page = `# HELP vllm:num_requests_waiting Waiting.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{model_name="m",engine="0"} 3
vllm:num_requests_waiting{model_name="m",engine="1"} 4
vllm:kv_cache_usage_perc{model_name="m",engine="0"} 0.25
vllm:num_preemptions_total{model_name="m",engine="0"} 1.2e+01
vllm:cache_config_info{block_size="16",cache_dtype="auto",num_gpu_blocks="2400"} 1.0
`;
  expect(parseEngineFigures(page)).toEqual({
    blocks: 2400,
    blockTokens: 16,
    cacheUsage: 0.25,
    waiting: 7,
    preemptions: 12,
  });
});

it('says null for what the page does not have', () => {
  expect(parseEngineFigures('up 1\n')).toEqual({
    ...{ blocks: null, blockTokens: null, cacheUsage: null, waiting: null, preemptions: null },
  });
});
