import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GpuEngine } from './gpu-engine.ts';
import type { ModelTrouble } from './model-faults.ts';
import type { ModelServerSettings } from './model-settings.ts';
import type { EngineResult } from './sequence.ts';

/** The buckets of vLLM, in seconds. */
const firstTokenBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const tokenGapBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const requestBuckets = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480];

/** Why a request ended, in vLLM's words. */
export type FinishedReason = 'stop' | 'length' | 'abort' | 'error';

export interface ModelMetrics {
  readonly contentType: string;
  /** The page in the text format of Prometheus. */
  page(): Promise<string>;
  finished(result: EngineResult, reason: FinishedReason): void;
}

/** What vLLM (v0.26 names) and the DCGM exporter would show of this engine. */
export function createModelMetrics(
  settings: ModelServerSettings,
  engine: GpuEngine,
  trouble: ModelTrouble,
): ModelMetrics {
  const registry = new Registry();
  const model = settings.models[0] ?? 'model';
  registerGauges(registry, model, engine);
  registerGpu(registry, settings, engine, trouble);
  const finished = countWork(registry, model, engine);
  return { contentType: registry.contentType, page: () => registry.metrics(), finished };
}

function registerGauges(registry: Registry, model: string, engine: GpuEngine): void {
  const labels = { model_name: model, engine: '0' };
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: Object.keys(labels),
      registers: [registry],
      collect() {
        this.set(labels, read());
      },
    });
  gauge('vllm:num_requests_running', 'Requests in the batch.', () => engine.state().running);
  gauge('vllm:num_requests_waiting', 'Requests that wait to be put into the batch.', () => engine.state().waiting);
  gauge('vllm:kv_cache_usage_perc', 'Share of the key-value blocks in use; 1 is all of them.', () => {
    const { kvBlocks, kvBlocksUsed } = engine.state();
    return kvBlocks === 0 ? 1 : kvBlocksUsed / kvBlocks;
  });
  new Gauge({
    name: 'vllm:cache_config_info',
    help: 'The configuration of the key-value cache, as labels.',
    labelNames: ['block_size', 'num_gpu_blocks'],
    registers: [registry],
    collect() {
      this.reset();
      this.set({ block_size: engine.settings.blockTokens, num_gpu_blocks: engine.kvBlocks }, 1);
    },
  });
}

function countWork(registry: Registry, model: string, engine: GpuEngine): ModelMetrics['finished'] {
  const labels = { model_name: model, engine: '0' };
  const labelNames = Object.keys(labels);
  const counter = (name: string, help: string): Counter.Internal => {
    const made = new Counter({ name, help, labelNames, registers: [registry] });
    made.inc(labels, 0);
    return made.labels(labels);
  };
  const histogram = (name: string, help: string, buckets: number[]): Histogram.Internal<string> => {
    const made = new Histogram({ name, help, labelNames, buckets, registers: [registry] });
    made.zero(labels);
    return made.labels(labels);
  };
  const preemptions = counter('vllm:num_preemptions_total', 'Preemptions since the start.');
  const promptTokens = counter('vllm:prompt_tokens_total', 'Prompt tokens processed.');
  // Added up here and handed on when the page is read: nothing happens as often as a token.
  let newTokens = 0;
  new Counter({
    name: 'vllm:generation_tokens_total',
    help: 'Tokens generated.',
    labelNames,
    registers: [registry],
    collect() {
      this.inc(labels, newTokens);
      newTokens = 0;
    },
  });
  const firstToken = histogram('vllm:time_to_first_token_seconds', 'Time to the first token.', firstTokenBuckets);
  const tokenGap = histogram('vllm:inter_token_latency_seconds', 'Time between two tokens.', tokenGapBuckets);
  const queued = histogram('vllm:request_queue_time_seconds', 'Time spent waiting for the batch.', requestBuckets);
  const whole = histogram('vllm:e2e_request_latency_seconds', 'Time from arrival to end.', requestBuckets);
  const success = new Counter({
    name: 'vllm:request_success_total',
    help: 'Requests by the reason why they ended.',
    labelNames: [...labelNames, 'finished_reason'],
    registers: [registry],
  });
  for (const reason of ['stop', 'length', 'abort', 'error']) success.inc({ ...labels, finished_reason: reason }, 0);

  engine.observe({
    preemption: () => preemptions.inc(),
    token: (gapMs, sinceArrivalMs) => {
      newTokens += 1;
      if (gapMs === null) firstToken.observe(sinceArrivalMs / 1000);
      else tokenGap.observe(gapMs / 1000);
    },
  });
  return (result, reason) => {
    success.inc({ ...labels, finished_reason: reason });
    if (result.startedMs === null) return;
    queued.observe((result.startedMs - result.arrivedMs) / 1000);
    if (result.kind !== 'finished') return;
    promptTokens.inc(result.work.promptTokens);
    whole.observe((result.endedMs - result.arrivedMs) / 1000);
  };
}

function registerGpu(
  registry: Registry,
  settings: ModelServerSettings,
  engine: GpuEngine,
  trouble: ModelTrouble,
): void {
  const labels = { gpu: '0', UUID: 'GPU-00000000-0000-4000-8000-000000000000', modelName: 'NVIDIA H100 80GB HBM3' };
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: Object.keys(labels),
      registers: [registry],
      collect() {
        this.set(labels, read());
      },
    });
  // vLLM takes 90 % of the memory when it starts; whoever presses on it has taken the rest first.
  const usedMiB = (): number => settings.gpuMemoryMiB * (trouble.kvBlocksShare() < 1 ? 0.995 : 0.9);
  gauge('DCGM_FI_DEV_GPU_UTIL', 'GPU utilization (in %).', () => {
    const idle = (1 - engine.state().busyShare) * (1 - trouble.neighbourShare());
    return Math.round(100 * (1 - idle));
  });
  gauge('DCGM_FI_DEV_FB_USED', 'Framebuffer memory used (in MiB).', () => Math.round(usedMiB()));
  gauge('DCGM_FI_DEV_FB_FREE', 'Framebuffer memory free (in MiB).', () =>
    Math.round(settings.gpuMemoryMiB - usedMiB()),
  );
  gauge('DCGM_FI_DEV_XID_ERRORS', 'Value of the last XID error encountered.', () => trouble.xid);
}
