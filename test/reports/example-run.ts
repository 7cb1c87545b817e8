import { seededRandom, type Random } from '../../harness/kit/random.ts';
import type { Call, RunRecord, Sample, Series } from '../../harness/record.ts';
import type { ReportInput } from '../../reports/report-input.ts';
import { modelCalls, questions, sourceCalls } from './example-logs.ts';
import { backlogLeft, cut, durationMs, outage } from './example-times.ts';
import { failingObjectives, passingObjectives } from './example-verdict.ts';

/**
 * A made-up run of source-throttling that looks like a real one: the same seed gives the same run. In the failing variant the workload
 * ignores `Retry-After` and retries at once, so that the source is hammered and a part of the questions fails.
 */
export function exampleRun(variant: 'passing' | 'failing', settings: { readonly seed?: number } = {}): ReportInput {
  const seed = settings.seed ?? 7;
  const random = seededRandom(`example/${variant}/${seed}`);
  const failing = variant === 'failing';
  const samples = questions(random.fork('questions'), failing);
  const calls = [...sourceCalls(random.fork('source'), failing), ...modelCalls(random.fork('model'), samples)];
  return { record: record({ seed, failing, samples, calls, random }), samples, calls };
}

function record(run: {
  seed: number;
  failing: boolean;
  samples: readonly Sample[];
  calls: readonly Call[];
  random: Random;
}): RunRecord {
  const { seed, failing, samples, calls } = run;
  const defect = failing ? 'A6' : null;
  const objectives = failing ? failingObjectives(samples, calls) : passingObjectives(samples, calls);
  return {
    version: 1,
    run: {
      id: failing ? '2026-03-02T03-12-44-source-throttling' : '2026-03-02T03-09-10-source-throttling',
      startedAt: failing ? '2026-03-02T03:12:44.120Z' : '2026-03-02T03:09:10.481Z',
      originMs: 1_772_421_164_120,
      world: 'local',
      target: 'reference-workload',
      defect,
      command: `npx gameday run source-throttling --seed ${seed}${failing ? ' --defect A6' : ''}`,
      versions: { gameday: '0.1.0', node: 'v24.21.0' },
      interrupted: null,
    },
    plan: plan(seed, samples.length),
    receipts: receipts(calls),
    ledger: ledger(failing),
    baselineTraffic: traffic(),
    lateness: { count: samples.length, p50Ms: 0.3, p99Ms: 1.8, maxMs: 6.4 },
    telemetry: telemetry(run.random.fork('telemetry'), failing),
    processes: ['target', 'proxy', 'crm', 'model-server', 'vector-store'].map((name) => ({
      name,
      output: `output/${name}.log`,
      died: null,
      diedAtMs: null,
    })),
    notes: ['Swept before the start: 1 process of a run that was killed (proxy, 41 min ago).'],
    logs: { samples: 'samples.ndjson', calls: 'calls.ndjson' },
    verdict: { outcome: failing ? 'fail' : 'pass', invalidReasons: [], objectives },
  };
}

function plan(seed: number, requests: number): RunRecord['plan'] {
  return {
    scenario: 'source-throttling',
    promise:
      'A throttled CRM makes ingestion slower. Nothing is lost, the source is not hammered, questions are still answered.',
    covers: ['S3', 'S6', 'S7'],
    references: [
      'https://www.rfc-editor.org/rfc/rfc9110#field.retry-after',
      'https://sre.google/sre-book/handling-overload/',
    ],
    seed,
    pace: 'quick',
    holdMs: 10_000,
    durationMs,
    phases: [
      { name: 'warm-up', kind: 'warm-up', startMs: 0, endMs: 10_000 },
      { name: 'baseline', kind: 'baseline', startMs: 10_000, endMs: cut.startMs },
      { name: 'quota-cut', kind: 'fault', ...cut, fault: 'quota-cut' },
      { name: 'crm-unavailable', kind: 'fault', ...outage, fault: 'crm-unavailable' },
      { name: 'recovery', kind: 'recovery', startMs: outage.endMs, endMs: durationMs },
    ],
    faults: [
      {
        name: 'quota-cut',
        kind: 'throttle',
        part: 'crm',
        summary: 'crm lets 4 requests per second through; 429 with Retry-After as seconds, then http-date, then none',
        settings: { toPerSecond: 4 },
        remainingPerSecond: 4,
      },
      {
        name: 'crm-unavailable',
        kind: 'unavailable',
        part: 'crm',
        summary: 'crm answers every request with 503',
        settings: { status: 503 },
        remainingPerSecond: 0,
      },
    ],
    load: [
      { operation: 'ask', workClass: 'interactive', summary: 'poisson, 50 per second', requests },
      {
        operation: 'follow',
        workClass: 'batch',
        summary: 'follows the feed of crm, 20 changes per second',
        requests: null,
      },
    ],
    loadSpecs: [],
    objectives: [],
    parts: [
      { name: 'crm', role: 'source', protocol: 'http', settings: {}, variables: { CRM_BASE_URL: '{origin}' } },
      {
        name: 'model-server',
        role: 'model',
        protocol: 'http',
        settings: {},
        variables: { OPENAI_BASE_URL: '{origin}/v1' },
      },
      {
        name: 'vector-store',
        role: 'store',
        protocol: 'tcp',
        settings: {},
        variables: { DATABASE_URL: 'postgres://gameday:hunter2secret@{host}:{port}/rag' },
      },
    ],
    corpus: { documents: 400 },
    expectedDrainMs: 36_000,
    timeoutMs: 3000,
  };
}

function receipts(calls: readonly Call[]): RunRecord['receipts'] {
  const windows = { 'quota-cut': cut, 'crm-unavailable': outage };
  return Object.entries(windows).map(([fault, { startMs, endMs }]) => {
    const seen = calls.filter(({ part, receivedMs }) => part === 'crm' && receivedMs >= startMs && receivedMs < endMs);
    const altered = seen.filter((call) => call.fault === fault).length;
    return {
      fault,
      kind: fault === 'quota-cut' ? 'throttle' : 'unavailable',
      part: 'crm',
      activeFromMs: startMs + 14,
      activeToMs: endMs + 9,
      ended: 'healed' as const,
      seen: seen.length,
      altered,
      figures: { refused: altered },
    };
  });
}

function ledger(failing: boolean): RunRecord['ledger'] {
  const items = Array.from({ length: 400 }, (_, index) => ({
    id: `ticket-${index + 1}`,
    version: 6,
    atMs: index * 290,
  }));
  return {
    sources: { crm: items },
    acknowledged: [],
    stored: items.slice(0, items.length - 2 - (failing ? backlogLeft : 0)),
    deadLetters: [
      { id: 'ticket-399', version: 6, atMs: 96_420, reason: 'Chunk 3 is 9,214 tokens long; the model takes 8,192.' },
      { id: 'ticket-400', version: 6, atMs: 97_105, reason: 'The body is not text: found a NUL at byte 118.' },
    ],
    backlog: Array.from({ length: durationMs / 500 + 1 }, (_, index): [number, number] => [
      index * 500,
      Math.round(backlogAt(index * 500, failing)),
    ]),
  };
}

/** Grows by 16 a second while the quota is cut, by 20 while the source is down, and drains by 20 a second after, or by 12 in the failing run. */
function backlogAt(atMs: number, failing: boolean): number {
  const seconds = (fromMs: number, toMs: number): number => Math.max(0, Math.min(atMs, toMs) - fromMs) / 1000;
  return Math.max(
    3 + Math.sin(atMs / 700) * 2,
    16 * seconds(cut.startMs, cut.endMs) +
      20 * seconds(outage.startMs, outage.endMs) -
      (failing ? 12 : 20) * seconds(outage.endMs, durationMs),
  );
}

function traffic(): RunRecord['baselineTraffic'] {
  const link = (
    to: string,
    variable: string,
    connections: number,
    bytes: number,
  ): RunRecord['baselineTraffic'][number] => ({
    name: to,
    from: 'target',
    to,
    variables: [variable],
    connections,
    bytesToPart: bytes,
    bytesFromPart: bytes * 7,
  });
  return [
    link('crm', 'CRM_BASE_URL', 4, 141_200),
    link('model-server', 'OPENAI_BASE_URL', 38, 1_310_000),
    link('vector-store', 'DATABASE_URL', 8, 864_300),
  ];
}

function telemetry(random: Random, failing: boolean): Series[] {
  const troubled = (atMs: number): boolean => failing && atMs >= outage.startMs && atMs < outage.endMs + 6000;
  const series = (
    source: string,
    name: string,
    unit: string,
    labels: Record<string, string>,
    valueAt: (atMs: number) => number,
  ): Series => ({
    source,
    name,
    labels,
    unit,
    points: Array.from({ length: durationMs / 1000 }, (_, second): [number, number] => [
      second * 1000,
      valueAt(second * 1000),
    ]),
  });
  const model = { model_name: 'reference-8b', engine: '0' };
  return [
    series('model-server', 'vllm:num_requests_waiting', '', model, (atMs) =>
      troubled(atMs) ? random.integer(18, 46) : random.integer(0, 2),
    ),
    series('model-server', 'vllm:num_requests_running', '', model, (atMs) =>
      troubled(atMs) ? random.integer(50, 64) : random.integer(9, 17),
    ),
    series(
      'model-server',
      'vllm:kv_cache_usage_perc',
      '',
      model,
      (atMs) => (troubled(atMs) ? 0.82 : 0.21) + random.next() * 0.08,
    ),
    series('model-server', 'vllm:prompt_tokens_total', '', model, (atMs) => atMs * 10),
    series('target', 'gameday.workload.queue.depth', '{request}', { 'work.class': 'interactive' }, (atMs) =>
      troubled(atMs) ? random.integer(20, 60) : random.integer(0, 3),
    ),
    series('target', 'gameday.workload.queue.depth', '{request}', { 'work.class': 'batch' }, () =>
      random.integer(2, 8),
    ),
  ];
}
