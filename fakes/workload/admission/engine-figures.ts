/** What a model server says about itself on its Prometheus page, with the names of vLLM. Null = not said. */
export interface EngineFigures {
  /** Blocks in the key-value cache, and tokens in a block. */
  readonly blocks: number | null;
  readonly blockTokens: number | null;
  /** Share of the blocks in use, 0 to 1. */
  readonly cacheUsage: number | null;
  readonly waiting: number | null;
  /** Requests thrown out and begun again, ever. */
  readonly preemptions: number | null;
}

/** Reads the page (https://prometheus.io/docs/instrumenting/exposition_formats/). Several series of one name are added up. */
export function parseEngineFigures(page: string): EngineFigures {
  const cacheInfo = /^vllm:cache_config_info\{([^}]*)\}/m.exec(page)?.[1];
  return {
    blocks: label(cacheInfo, 'num_gpu_blocks'),
    blockTokens: label(cacheInfo, 'block_size'),
    cacheUsage: total(page, 'vllm:kv_cache_usage_perc'),
    waiting: total(page, 'vllm:num_requests_waiting'),
    preemptions: total(page, 'vllm:num_preemptions_total'),
  };
}

function label(labels: string | undefined, name: string): number | null {
  const value = new RegExp(`(?:^|,)${name}="(\\d+)"`).exec(labels ?? '')?.[1];
  return value === undefined ? null : Number(value);
}

function total(page: string, name: string): number | null {
  const values = [...page.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? +(\\S+)`, 'gm'))].map(([, value]) =>
    Number(value),
  );
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
