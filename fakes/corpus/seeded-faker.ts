import { base, en, Faker } from '@faker-js/faker';

/**
 * A faker of its own for every use, since faker's ready-made one is shared by the whole process. Dates count from a fixed day, never from
 * today, so that the same seed gives the same text on every day.
 */
export function seededFaker(seed: number): Faker {
  const faker = new Faker({ locale: [en, base], seed });
  faker.setDefaultRefDate('2026-01-01T00:00:00.000Z');
  return faker;
}
