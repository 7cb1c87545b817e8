import { systemClock, type Clock } from '../harness/kit/clock.ts';
import { seededRandom } from '../harness/kit/random.ts';
import type { CorpusSpec, CreatePart, HttpPart, PartSpec } from '../harness/world/types.ts';
import { corpusSpec } from './corpus/corpus-spec.ts';

/**
 * Makes a fake from its spec, as a handler of this process: `await makePart(modelServer())`.
 *
 * @param settings.seed the same seed gives the same content and chance; default 1
 * @param settings.clock default the machine's
 * @param settings.corpus the documents that it knows; default 200
 * @throws Error when the part brings a server of its own and is no handler
 */
export async function makePart(
  spec: PartSpec,
  settings: { readonly seed?: number; readonly clock?: Clock; readonly corpus?: CorpusSpec } = {},
): Promise<HttpPart> {
  const { seed = 1, clock = systemClock(), corpus = corpusSpec({ documents: 200 }) } = settings;
  const { createPart } = (await import(spec.module)) as { createPart?: CreatePart };
  if (!createPart) throw new Error(`The part "${spec.name}" brings a server of its own, so it cannot be a handler.`);
  const { name, settings: own } = spec;
  return createPart({ name, settings: own, corpus, seed, clock, random: seededRandom(seed).fork(name) });
}
