import { corpusSpec } from '../fakes/corpus/corpus-spec.ts';
import { modelServer } from '../fakes/models/spec.ts';
import { crm } from '../fakes/sources/crm/spec.ts';
import { postgres } from '../fakes/stores/postgres/spec.ts';
import {
  ask,
  attemptsPerOperation,
  availability,
  concurrencyWithin,
  correctness,
  drained,
  gapsGrowAndSpread,
  ingestFeed,
  noDuplicates,
  nothingLost,
  perSecond,
  retryAmplification,
  seconds,
  throttle,
  unavailable,
  waitsForRetryAfter,
  type Scenario,
} from '../harness/index.ts';

const quota = perSecond(40);
const changes = perSecond(20);
const source = crm({ quotaPerSecond: quota, changesPerSecond: changes, concurrency: 8 });

export const sourceThrottling: Scenario = {
  name: 'source-throttling',
  promise:
    'A throttled CRM makes ingestion slower. Nothing is lost, the source is not hammered, questions are still answered.',
  covers: ['S3', 'S6', 'S7'],
  world: { parts: [source, modelServer(), postgres()], corpus: corpusSpec({ documents: 200 }) },
  load: [
    ask({ ratePerSecond: perSecond(50) }),
    ingestFeed({ from: source, feedPerSecond: changes, capacityPerSecond: quota }),
  ],
  faults: [
    throttle({ part: 'crm', toPerSecond: perSecond(4), retryAfter: ['seconds', 'http-date', 'none'] }),
    unavailable({ part: 'crm', name: 'outage', durationMs: seconds(10) }),
  ],
  objectives: [
    nothingLost({ from: 'crm', deadLettersAtMost: 0.01 }),
    noDuplicates(),
    waitsForRetryAfter({ at: 'crm' }),
    retryAmplification({ at: 'crm', atMost: 1.2, during: ['quota-cut'] }),
    attemptsPerOperation({ at: 'crm', atMost: 3 }),
    gapsGrowAndSpread({ at: 'crm' }),
    concurrencyWithin({ at: 'crm', atMost: 8 }),
    availability({ of: 'ask', atLeast: 0.99, during: 'fault' }),
    correctness({ of: 'ask', atLeast: 0.9 }),
    drained({ from: 'crm', within: 1.25 }),
  ],
  references: [
    'https://developer.zendesk.com/api-reference/introduction/rate-limits/',
    'https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3',
    'https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/',
  ],
};
