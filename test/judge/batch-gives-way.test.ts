import { describe, expect, it } from 'vitest';
import { batchGivesWay } from '../../harness/judge/index.ts';
import { evidence, faultMs, isSpreadBad, judge, samples, shed } from './evidence.ts';

function verdict(interactive: number, refused: number, window = faultMs) {
  const seen = samples(refused, window, (index) => ({
    outcome: shed,
    workClass: isSpreadBad(index, interactive, refused) ? 'interactive' : 'batch',
  }));
  return judge(batchGivesWay(), evidence({ samples: [...seen, ...samples(1000, window)] }));
}

describe('batch gives way', () => {
  it('passes when all that is refused is batch work', () => {
    expect(verdict(0, 200)).toMatchObject({ outcome: 'pass', sampleCount: 200 });
  });

  it('fails when much of it is interactive', () => {
    expect(verdict(60, 200)).toMatchObject({
      outcome: 'fail',
      finding: '70 % of what was refused was batch work, limit 95 % (n = 200, 60 interactive).',
    });
  });

  it('is inconclusive at the limit, with too few, and with none', () => {
    expect(verdict(10, 200).outcome).toBe('inconclusive');
    expect(verdict(0, 59).outcome).toBe('pass');
    expect(verdict(0, 58).outcome).toBe('inconclusive');
    expect(verdict(0, 0)).toMatchObject({ outcome: 'inconclusive', finding: 'Nothing was refused during the faults.' });
  });

  it('does not look outside its window', () => {
    expect(verdict(0, 200, { fromMs: 50_000, toMs: 70_000 }).outcome).toBe('inconclusive');
  });
});
