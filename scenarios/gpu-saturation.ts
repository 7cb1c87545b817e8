import { corpusSpec } from '../fakes/corpus/corpus-spec.ts';
import { modelServer } from '../fakes/models/spec.ts';
import { postgres } from '../fakes/stores/postgres/spec.ts';
import {
  ask,
  batchGivesWay,
  correctness,
  goodput,
  ingest,
  memoryPressure,
  noisyNeighbour,
  nothingLost,
  perSecond,
  preemption,
  queueBounded,
  retryAmplification,
  seconds,
  timeToFirstToken,
  wastedWork,
  type Scenario,
} from '../harness/index.ts';

// One H100 with an 8-billion-parameter model, of which the cache has been left 2,400 blocks. Prompts of about 200 tokens and answers of
// 32 put the knee near 150 questions per second. 50 questions per second alone use a third of it, 0.83 of what the neighbour leaves; with
// the batch work 0.75 of the whole, and three times what the neighbour leaves while the flood lasts (test/scenario-load.test.ts).
const gpu = modelServer({ engine: { perTokenMs: 0.023, kvBlocks: 2400 } });

export const gpuSaturation: Scenario = {
  name: 'gpu-saturation',
  promise:
    'When the GPU gets short, batch work gives way and people still get their answers; when it is free again, all is as before.',
  covers: ['S8', 'S10', 'S19'],
  world: { parts: [gpu, postgres()], corpus: corpusSpec({ documents: 200 }) },
  load: [
    ask({ ratePerSecond: perSecond(50), deadlineMs: seconds(6) }),
    ingest({
      profile: { kind: 'flood', ratePerSecond: 34, floodPerSecond: 72, duringFaults: ['noisy-neighbour'] },
      documentsPerRequest: 1,
      deadlineMs: seconds(6),
    }),
  ],
  faults: [
    noisyNeighbour({ part: 'model-server', share: 0.6 }),
    // 316 blocks are left: less than questions and batch work take together when all is sent at once, and more than half again as much as questions take alone.
    // It stays longer than the pace says, because what a thrashing engine finishes is little.
    memoryPressure({ part: 'model-server', kvBlocksShare: 0.132, durationMs: seconds(30) }),
  ],
  objectives: [
    timeToFirstToken({ of: 'ask', quantile: 0.95, atMostMs: 1500 }),
    batchGivesWay({ atLeast: 0.95 }),
    queueBounded({
      depthAtMost: { interactive: 250, batch: 64 },
      ageAtMostMs: { interactive: seconds(5), batch: seconds(5) },
    }),
    wastedWork({ at: 'model-server', atMost: 0.05 }),
    preemption({ at: 'model-server', during: ['memory-pressure'] }),
    retryAmplification({ at: 'model-server', atMost: 1.2 }),
    // What is refused leaves no backlog, so much less than the formula has to do.
    goodput({ of: 'ask', atLeast: 0.95, utilisation: 0.75, within: 0.3 }),
    correctness({ of: 'ask', atLeast: 0.9 }),
    nothingLost(),
  ],
  references: [
    'https://www.usenix.org/conference/osdi22/presentation/huang-lexiang',
    'https://aws.amazon.com/builders-library/using-load-shedding-to-avoid-overload/',
    'https://docs.vllm.ai/en/latest/configuration/optimization.html',
    'https://github.com/microsoft/vidur',
  ],
};
