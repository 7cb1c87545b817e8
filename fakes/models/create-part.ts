import type { CreatePart } from '../../harness/world/types.ts';
import { createJournal } from '../part/journal.ts';
import { createPartFaults } from '../part/part-faults.ts';
import { createPartAdmin, withAdmin } from '../part/part-handler.ts';
import { GpuEngine } from './gpu-engine.ts';
import { createModelFaults } from './model-faults.ts';
import { createModelMetrics } from './model-metrics.ts';
import { parseModelServerSettings } from './model-settings.ts';
import { createPassageReader } from './read-passage.ts';
import { createOpenAiWire } from './openai-wire.ts';

/** A model server: the OpenAI wire in front of one GPU engine. Throws `bad-config` when its settings have mistakes. */
export const createPart: CreatePart = (context) => {
  const settings = parseModelServerSettings(context.name, context.settings);
  const { clock } = context;
  const engine = new GpuEngine(settings.engine, clock);
  const journal = createJournal(context.name, clock);
  const { kinds, trouble } = createModelFaults(engine, context.random.fork('errors'));
  const metrics = createModelMetrics(settings, engine, trouble);
  let ids = 0;
  const newId = (prefix: string): string =>
    `${prefix}-${context.seed.toString(36)}${(ids++).toString(36).padStart(8, '0')}`;

  const wire = createOpenAiWire({
    ...{ settings, engine, clock, journal, metrics, trouble, newId },
    readPassage: createPassageReader(),
  });
  const faults = createPartFaults(kinds, clock);
  return withAdmin(wire, createPartAdmin({ journal, faults, state: () => ({ ...engine.state() }) }));
};
