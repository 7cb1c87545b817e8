import { InvalidArgumentError } from 'commander';

/** More are a mistake rather than a wish. */
const mostSeeds = 100_000;

/** Reads `1..100`, or seeds with commas between them. */
export function parseSeeds(text: string): readonly number[] {
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    const count = to - from + 1;
    if (count < 1 || count > mostSeeds)
      throw new InvalidArgumentError(
        `From ${from} to ${to} are ${Math.max(0, count)} seeds; it takes 1 to ${mostSeeds}.`,
      );
    return Array.from({ length: count }, (_, index) => from + index);
  }
  if (!/^\d{1,15}(,\d{1,15})*$/.test(text))
    throw new InvalidArgumentError('It has to be a range, such as 1..100, or whole numbers with commas between them.');
  return [...new Set(text.split(',').map(Number))];
}
