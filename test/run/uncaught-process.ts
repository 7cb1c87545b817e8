// Simulates the small scenario with targets whose errors nobody catches, one after another, and prints what became of each: a runner of tests
// would take such errors for its own.
import { simulate } from '../../harness/index.ts';
import { answered, smallFunction, type Misbehaviour } from './small-function.ts';
import { smallScenario } from './small-world.ts';

const wrongs: Readonly<Record<string, () => void>> = {
  'a rejection that nobody handles': () => void Promise.reject(new Error('nobody handles me')),
  'an error in a tick': () => process.nextTick(() => fail('in a tick')),
  'an error in a microtask': () => queueMicrotask(() => fail('in a microtask')),
};

for (const wrong of Object.values(wrongs)) {
  let asked = 0;
  const ask: Misbehaviour['ask'] = async (_, context) => {
    asked += 1;
    if (asked === 20) wrong();
    return answered(context);
  };
  const { record, samples } = await simulate(smallScenario, { target: smallFunction({ ask }), seed: 7 });
  const good = samples.filter(({ outcome }) => outcome.kind === 'good').length;
  console.log(JSON.stringify({ outcome: record.verdict.outcome, processes: record.processes, good }));
}

function fail(where: string): never {
  throw new Error(where);
}
