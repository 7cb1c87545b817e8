import { seededRandom, type Random } from '../../harness/kit/random.ts';
import type { Call, ObjectiveVerdict, RunRecord, Sample, Series } from '../../harness/record.ts';
import type { ReportInput } from '../../reports/report-input.ts';

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

const durationMs = 120_000;
/** Versions that the failing run has not stored at its end. */
const backlogLeft = 120;
const cut = { startMs: 30_000, endMs: 50_000 };
const outage = { startMs: 50_000, endMs: 70_000 };

function questions(random: Random, failing: boolean): Sample[] {
  const samples: Sample[] = [];
  for (let dueMs = random.exponential(0.05); dueMs < durationMs; dueMs += random.exponential(0.05)) {
    samples.push(question(random, dueMs, failing));
  }
  return samples;
}

function question(random: Random, dueMs: number, failing: boolean): Sample {
  const troubled = dueMs >= outage.startMs && dueMs < outage.endMs + 4000;
  const slow = troubled && failing ? 6 : 1;
  const firstTokenMs = (55 + random.exponential(1 / 28)) * slow;
  const doneMs = firstTokenMs + (210 + random.exponential(1 / 60)) * slow;
  const chance = random.next();
  const common = {
    id: traceId(random),
    operation: 'ask',
    workClass: 'interactive' as const,
    dueMs,
    sentMs: dueMs + random.exponential(2.5),
    deadlineMs: 3000,
  };
  if (troubled && failing && chance < 0.09) {
    return {
      ...common,
      firstTokenMs: null,
      doneMs: dueMs + 3000,
      outcome: { kind: 'failed', code: 'deadline' },
      tokens: 0,
      correct: null,
    };
  }
  if (troubled && chance < (failing ? 0.2 : 0.005)) {
    const outcome = { kind: 'shed' as const, status: 503, retryAfterMs: 1000 };
    return { ...common, firstTokenMs: null, doneMs: dueMs + 12, outcome, tokens: 0, correct: null };
  }
  const degraded = troubled && chance > 0.96;
  return {
    ...common,
    firstTokenMs: dueMs + firstTokenMs,
    doneMs: dueMs + doneMs,
    outcome: { kind: 'good', degraded },
    tokens: random.integer(24, 40),
    correct: !degraded,
  };
}

function sourceCalls(random: Random, failing: boolean): Call[] {
  const calls: Call[] = [];
  const attempts = new Map<number, number>();
  for (let atMs = 20; atMs < durationMs;) {
    const throttled = atMs >= cut.startMs && atMs < cut.endMs;
    const down = atMs >= outage.startMs && atMs < outage.endMs;
    const catchingUp = !throttled && !down && atMs >= outage.endMs && atMs < outage.endMs + 34_000;
    const perSecond = throttled ? (failing ? 61 : 4.6) : down ? (failing ? 118 : 0.8) : catchingUp ? 38 : 20;
    const refused = throttled && random.next() < (failing ? 0.93 : 0.12);
    // Operations last longer while the source refuses: their retries belong to the same one.
    const operation = Math.floor(atMs / (throttled || down ? 215 : 10));
    const attempt = (attempts.get(operation) ?? 0) + 1;
    attempts.set(operation, attempt);
    calls.push({
      part: 'crm',
      number: calls.length + 1,
      method: 'GET',
      path: '/api/v2/tickets',
      operation: `ticket/${operation}`,
      traceId: operation.toString(16).padStart(32, '0'),
      attempt,
      workClass: 'batch',
      dueMs: atMs - 40,
      receivedMs: atMs,
      endedMs: atMs + 9 + random.exponential(0.1),
      status: down ? 503 : refused ? 429 : 200,
      outcome: down ? 'unavailable' : refused ? 'throttled' : 'ok',
      retryAfterMs: refused ? 3000 : null,
      tokens: 0,
      fault: down ? 'crm-unavailable' : refused ? 'quota-cut' : null,
      figures: {},
    });
    atMs += random.exponential(perSecond / 1000);
  }
  return calls;
}

/** Two calls a question, one to embed it and one to answer it. */
function modelCalls(random: Random, samples: readonly Sample[]): Call[] {
  const calls = samples.flatMap((sample) => {
    const dropped = sample.outcome.kind === 'shed';
    if (dropped) return [];
    return ['/v1/embeddings', '/v1/chat/completions'].map((path, index): Omit<Call, 'number'> => {
      const receivedMs = sample.dueMs + 4 + index * (14 + random.exponential(0.3));
      return {
        part: 'model-server',
        method: 'POST',
        path,
        operation: path,
        traceId: sample.id,
        attempt: 1,
        workClass: 'interactive',
        dueMs: sample.dueMs,
        receivedMs,
        endedMs: sample.doneMs,
        status: sample.outcome.kind === 'good' ? 200 : null,
        outcome: sample.outcome.kind === 'good' ? 'ok' : 'aborted',
        retryAfterMs: null,
        tokens: index === 0 ? 18 : 232,
        fault: null,
        figures: {},
      };
    });
  });
  return calls.map((call, index) => ({ ...call, number: index + 1 }));
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

const statements = {
  lost: 'Every version that the source had is stored or in the dead letters after the drain.',
  waits: 'No attempt is made before the time that a refusal asked for has passed.',
  amplification: 'While throttled, the source gets at most 1.2 attempts per operation.',
  answered: 'At least 99 % of the questions get a good answer during the faults.',
  drained: 'The backlog drains within 1.25 times what the formula of queueing says.',
};

function passingObjectives(samples: readonly Sample[], calls: readonly Call[]): ObjectiveVerdict[] {
  const { refusals, operations, amplification } = throttling(calls);
  return [
    objective({
      name: 'nothing-lost',
      kind: 'nothingLost',
      statement: statements.lost,
      hardInvariant: true,
      finding: '400 of 400 versions accounted for: 398 stored, 2 in the dead letters, 0 lost, 0 twice.',
      figures: [
        { name: 'lost', value: 0, unit: 'versions', limit: 0 },
        { name: 'duplicates', value: 0, unit: 'versions', limit: 0 },
      ],
      sampleCount: 400,
    }),
    objective({
      name: 'waits-for-retry-after',
      kind: 'waitsForRetryAfter',
      statement: statements.waits,
      hardInvariant: true,
      finding: `None of ${refusals} refusals was followed by an attempt too early; the nearest came 41 ms after its time.`,
      figures: [{ name: 'too early', value: 0, unit: 'attempts', limit: 0 }],
      sampleCount: refusals,
    }),
    objective({
      name: 'retry-amplification',
      kind: 'retryAmplification',
      statement: statements.amplification,
      finding: `${amplification} attempts per operation while throttled, limit 1.2 (n = ${operations}).`,
      figures: [{ name: 'attempts per operation', value: amplification, unit: 'ratio', limit: 1.2 }],
      sampleCount: operations,
    }),
    answered(samples, 'pass'),
    objective({
      name: 'backlog-drained',
      kind: 'drained',
      statement: statements.drained,
      finding: 'Drained 36 s after the last fault healed, limit 45 s.',
      figures: [{ name: 'drain time', value: 36_000, unit: 'ms', limit: 45_000 }],
      sampleCount: 241,
    }),
  ];
}

function failingObjectives(samples: readonly Sample[], calls: readonly Call[]): ObjectiveVerdict[] {
  const { refusals, operations, amplification } = throttling(calls);
  const early = Array.from({ length: 10 }, (_, index) => {
    const where = `crm call ${918 + index * 7}: attempt ${2 + (index % 4)} at ticket/${614 + index}`;
    return `${where} came ${(2.94 - index * 0.11).toFixed(2)} s before its Retry-After of 3 s had passed`;
  });
  return [
    objective({
      name: 'nothing-lost',
      kind: 'nothingLost',
      statement: statements.lost,
      hardInvariant: true,
      outcome: 'inconclusive',
      finding: `${backlogLeft} of 400 versions were still on their way when the run ended; a longer recovery would decide.`,
      figures: [{ name: 'lost', value: null, unit: 'versions', limit: 0 }],
      sampleCount: 400,
    }),
    objective({
      name: 'waits-for-retry-after',
      kind: 'waitsForRetryAfter',
      statement: statements.waits,
      hardInvariant: true,
      outcome: 'fail',
      finding: `${refusals - 41} of ${refusals} refusals were followed by an attempt too early; the worst came 2.94 s too early.`,
      figures: [
        { name: 'too early', value: refusals - 41, unit: 'attempts', limit: 0 },
        { name: 'worst', value: 2940, unit: 'ms' },
      ],
      sampleCount: refusals,
      counterexamples: early,
    }),
    objective({
      name: 'retry-amplification',
      kind: 'retryAmplification',
      statement: statements.amplification,
      outcome: 'fail',
      finding: `${amplification} attempts per operation while throttled, limit 1.2 (n = ${operations}).`,
      figures: [{ name: 'attempts per operation', value: amplification, unit: 'ratio', limit: 1.2 }],
      sampleCount: operations,
      counterexamples: ['ticket/703: 19 attempts in 0.41 s'],
    }),
    answered(samples, 'fail'),
    objective({
      name: 'backlog-drained',
      kind: 'drained',
      statement: statements.drained,
      outcome: 'fail',
      finding: `Not drained at the end of the run: ${backlogLeft} versions left 50 s after the last fault healed, limit 45 s.`,
      figures: [{ name: 'drain time', value: null, unit: 'ms', limit: 45_000 }],
      sampleCount: 241,
    }),
  ];
}

function throttling(calls: readonly Call[]): { refusals: number; operations: number; amplification: number } {
  const inside = calls.filter(
    ({ part, receivedMs }) => part === 'crm' && receivedMs >= cut.startMs && receivedMs < cut.endMs,
  );
  const operations = new Set(inside.map((call) => call.operation)).size;
  const refusals = inside.filter((call) => call.outcome === 'throttled').length;
  return { refusals, operations, amplification: Math.round((100 * inside.length) / operations) / 100 };
}

function answered(samples: readonly Sample[], outcome: 'pass' | 'fail'): ObjectiveVerdict {
  const inside = samples.filter(({ dueMs }) => dueMs >= cut.startMs && dueMs < outage.endMs);
  const share = inside.filter((sample) => sample.outcome.kind === 'good').length / inside.length;
  const margin = 1.645 * Math.sqrt((share * (1 - share)) / inside.length);
  const percent = (value: number): number => Math.round(value * 1000) / 10;
  const bound = outcome === 'pass' ? share - margin : share + margin;
  const words = outcome === 'pass' ? 'at least' : 'at most';
  return objective({
    name: 'questions-answered',
    kind: 'availability',
    statement: statements.answered,
    outcome,
    finding: `${percent(share)} % good, with 95 % confidence ${words} ${percent(bound)} %, asked 99 % (n = ${inside.length}).`,
    figures: [
      { name: 'good', value: percent(share), unit: '%', limit: 99 },
      { name: outcome === 'pass' ? 'lower bound' : 'upper bound', value: percent(bound), unit: '%' },
    ],
    sampleCount: inside.length,
  });
}

function objective(
  given: Partial<ObjectiveVerdict> &
    Pick<ObjectiveVerdict, 'name' | 'kind' | 'statement' | 'finding' | 'figures' | 'sampleCount'>,
): ObjectiveVerdict {
  return { outcome: 'pass', hardInvariant: false, counterexamples: [], ...given };
}

function traceId(random: Random): string {
  return Array.from({ length: 4 }, () => random.integer(0, 0xffffffff).toString(16).padStart(8, '0')).join('');
}
