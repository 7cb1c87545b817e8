import { modelServer } from '../../fakes/models/spec.ts';
import type { Scenario } from '../../harness/index.ts';
import { makePlan } from '../../harness/plan.ts';
import { ModelServerSettingsSchema } from '../../fakes/models/model-settings.ts';

/** The questions per second that the scenarios of the library are written for. */
const usualPerSecond = 50;
const answerTokens = 40;

/**
 * A scenario with another rate of questions, and with a GPU that grows with them, so that its share in use stays about the same and what
 * is measured is questions and not refusals. All its phases are shortened together until no more questions than `mostQuestions` come.
 */
export function scaledScenario(
  scenario: Scenario,
  { questionsPerSecond, mostQuestions }: { questionsPerSecond: number; mostQuestions: number },
): Scenario {
  const lengthMs = makePlan(scenario, { seed: 1, pace: 'quick' }).durationMs;
  const share = Math.min(1, mostQuestions / ((questionsPerSecond * lengthMs) / 1000));
  const phases = { warmUpMs: 10_000, baselineMs: 20_000, faultMs: 20_000, holdMs: 10_000, recoveryMs: 30_000 };
  const shortened = Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, ms * share]));
  return {
    ...scenario,
    phases: shortened,
    faults: scenario.faults.map((fault) =>
      fault.durationMs === undefined ? fault : { ...fault, durationMs: fault.durationMs * share },
    ),
    load: scenario.load.map((load) =>
      load.kind === 'requests' && load.operation === 'ask'
        ? { ...load, profile: { kind: 'poisson', ratePerSecond: questionsPerSecond } }
        : load,
    ),
    world: {
      ...scenario.world,
      parts: scenario.world.parts.map((part) =>
        part.role === 'model' ? grownModelServer(part.settings, questionsPerSecond / usualPerSecond) : part,
      ),
    },
  };
}

/** As many GPUs as the load asks for, as one: arithmetic, cache and places grow, the time to read the weights does not. */
function grownModelServer(given: unknown, by: number): ReturnType<typeof modelServer> {
  const { engine, ...others } = ModelServerSettingsSchema.parse(given);
  const factor = Math.max(1, by);
  return modelServer({
    ...others,
    answerTokens,
    engine: {
      ...engine,
      perTokenMs: engine.perTokenMs / factor,
      perContextTokenMs: engine.perContextTokenMs / factor,
      perSequenceMs: engine.perSequenceMs / factor,
      tokenBudget: Math.round(engine.tokenBudget * factor),
      maxSequences: Math.round(engine.maxSequences * factor),
      kvBlocks: Math.round(engine.kvBlocks * factor),
    },
  });
}
