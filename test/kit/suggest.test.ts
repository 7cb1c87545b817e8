import { describe, expect, it } from 'vitest';
import { checkObjectives, noDuplicates } from '../../harness/judge/index.ts';
import { didYouMean } from '../../harness/kit/suggest.ts';

describe('a suggestion', () => {
  it('names the closest of what is known, whatever the case, as it is written', () => {
    expect(didYouMean('quota-cutt', ['outage', 'quota-cut'])).toBe(' Did you mean "quota-cut"?');
    expect(didYouMean('NODUPLICATES', ['availability', 'noDuplicates'])).toBe(' Did you mean "noDuplicates"?');
  });

  it('takes a part of a name for the name', () => {
    expect(didYouMean('gpu', ['source-throttling', 'gpu-saturation'])).toBe(' Did you mean "gpu-saturation"?');
  });

  it('is silent when nothing is close, and when nothing is known', () => {
    expect(didYouMean('weather', ['source-throttling', 'crm'])).toBe('');
    expect(didYouMean('x', [])).toBe('');
    // Every letter is another one.
    expect(didYouMean('rp', ['b'])).toBe('');
    expect(didYouMean('ab', ['ac'])).toBe(' Did you mean "ac"?');
    expect(didYouMean('cmr', ['crm'])).toBe(' Did you mean "crm"?');
  });

  it('is the same for kinds of objectives', () => {
    const kind = 'NODUPLICATES';
    expect(checkObjectives([{ ...noDuplicates(), kind }])[0]).toContain('Did you mean "noDuplicates"?');
  });
});
