import type { Faker } from '@faker-js/faker';
import { faker as english } from '@faker-js/faker/locale/en';
import type { Random } from '../../harness/kit/random.ts';

/**
 * A faker that draws from the stream it is given, for every text another. Faker's ready-made one is shared by the whole process, and
 * making one takes longer than writing a text with it. Dates count from a fixed day, never from today, so that the same seed gives the same
 * text on every day.
 */
export function createFaker(): (random: Random) => Faker {
  let source: Random | undefined;
  const next = (): number => {
    if (!source) throw new Error('A faker draws from nothing before it is given a stream.');
    return source.next();
  };
  // The class is taken from the package's English instance: its main module brings all seventy languages, which take longer to load than to use.
  const OfPackage = english.constructor as typeof Faker;
  const faker = new OfPackage({ locale: english.rawDefinitions, randomizer: { next, seed: () => undefined } });
  faker.setDefaultRefDate('2026-01-01T00:00:00.000Z');
  return (random) => {
    source = random;
    return faker;
  };
}
