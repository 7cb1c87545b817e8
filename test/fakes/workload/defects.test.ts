import { describe, expect, it } from 'vitest';
import { parseDefect } from '../../../fakes/workload/defects.ts';

describe('parseDefect', () => {
  it('finds a defect by its id', () => {
    expect(parseDefect('A2')).toBe('A2');
  });

  it('takes nothing and an empty name for no defect', () => {
    expect([parseDefect(undefined), parseDefect('')]).toEqual([null, null]);
  });

  it('refuses a name that does not exist, and says which do', () => {
    expect(() => parseDefect('Z9')).toThrow('There is no defect "Z9". Please choose one of: A2, A3,');
  });
});
