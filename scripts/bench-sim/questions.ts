import { config } from '../../gameday.config.ts';
import { simulate, type Scenario } from '../../harness/index.ts';
import type { Figure } from './figure.ts';
import { memoryFigures } from './memory.ts';
import { scaledScenario } from './scaled-scenario.ts';

/** One question is the whole way: embedding, search, and an answer streamed in 40 events through the official client, with all that runs beside. */
export async function measureQuestions(
  scenario: Scenario,
  load: { readonly questionsPerSecond: number; readonly mostQuestions: number },
): Promise<readonly Figure[]> {
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  const { record, samples } = await simulate(scaledScenario(scenario, load), { target: config, seed: 1 });
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBegan);
  const questions = samples.filter((sample) => sample.operation === 'ask');
  const good = questions.filter((sample) => sample.outcome.kind === 'good');
  const events = good.reduce((sum, sample) => sum + sample.tokens, 0);
  // With few questions it is what else goes on that takes the time: the feed, the observers, the start.
  const bar = load.questionsPerSecond >= 50 ? { bar: { atLeast: 600 } } : {};
  // As long as the scenario is, and as many as it has.
  const isWhole = scenario.name === 'source-throttling' && load.questionsPerSecond === 50;
  return [
    // Imports, the start of the world and the judging are part of it.
    { name: 'questions per second', value: questions.length / seconds, unit: '/s', ...bar },
    // Those that are refused cost little, so beyond the workload's own limits this says more.
    { name: 'good answers per second', value: good.length / seconds, unit: '/s' },
    { name: 'virtual seconds per second', value: record.plan.durationMs / 1000 / seconds, unit: 'x' },
    { name: 'questions', value: questions.length, unit: '' },
    { name: 'of them answered well', value: (100 * good.length) / Math.max(1, questions.length), unit: '%' },
    { name: 'events of a good answer', value: events / Math.max(1, good.length), unit: '' },
    { name: 'virtual time', value: record.plan.durationMs / 1000, unit: 's' },
    { name: 'real time', value: seconds, unit: 's' },
    {
      ...{ name: 'real time for 5,000 questions', value: (5000 * seconds) / questions.length, unit: 's' },
      ...(isWhole ? { bar: { atMost: 8 } } : {}),
    },
    { name: 'processor time', value: (cpu.user + cpu.system) / 1e6, unit: 's' },
    ...(await memoryFigures()),
  ];
}
