import type { Call, ObjectiveVerdict, Sample } from '../../harness/record.ts';
import { backlogLeft, cut, outage } from './example-times.ts';

const statements = {
  lost: 'Every version that the source had is stored or in the dead letters after the drain.',
  waits: 'No attempt is made before the time that a refusal asked for has passed.',
  amplification: 'While throttled, the source gets at most 1.2 attempts per operation.',
  answered: 'At least 99 % of the questions get a good answer during the faults.',
  drained: 'The backlog drains within 1.25 times what the formula of queueing says.',
};

/** What the judges would say of the passing run. */
export function passingObjectives(samples: readonly Sample[], calls: readonly Call[]): ObjectiveVerdict[] {
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

/** What the judges would say of the failing run. */
export function failingObjectives(samples: readonly Sample[], calls: readonly Call[]): ObjectiveVerdict[] {
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
