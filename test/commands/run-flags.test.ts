import { describe, expect, it } from 'vitest';
import { checkRunFlags, replayCommand, type RunFlags } from '../../harness/commands/run-flags.ts';

const simulated: RunFlags = { pace: 'quick', world: 'simulated' };

describe('the flags of a run', () => {
  it('refuse interleaving where no seed decides what comes first, and say why', () => {
    expect(() => checkRunFlags({ pace: 'quick', world: 'local', interleave: true })).toThrow(
      '--interleave needs --world simulated: in real time the machine decides what comes first, and no seed can.',
    );
    expect(() => checkRunFlags({ ...simulated, interleave: true })).not.toThrow();
  });

  it('are all in the command that repeats the run', () => {
    expect(
      replayCommand('small', 7, {
        ...simulated,
        interleave: true,
        pace: 'full',
        rate: 0.2,
        defect: 'A2',
        out: 'my runs',
      }),
    ).toBe(
      "npx gameday run small --seed 7 --pace full --rate 0.2 --world simulated --interleave --defect A2 --out 'my runs'",
    );
    expect(replayCommand('small', 7, { pace: 'quick', world: 'local', standIns: true })).toBe(
      'npx gameday run small --seed 7 --stand-ins',
    );
  });

  it('refuse several processes where they would disturb each other, and where there is nothing to share', () => {
    const local: RunFlags = { pace: 'quick', world: 'local', seeds: [1, 2] };
    expect(() => checkRunFlags({ ...local, jobs: 2 })).toThrow('--jobs above 1 needs --world simulated');
    expect(() => checkRunFlags({ ...local, jobs: 1 })).not.toThrow();
    expect(() => checkRunFlags({ ...simulated, jobs: 2 })).toThrow('it needs --seeds');
    expect(() => checkRunFlags({ ...simulated, seeds: [1], jobs: 0 })).toThrow('at least 1');
    expect(() => checkRunFlags({ ...simulated, seeds: [1], jobs: 8 })).not.toThrow();
  });
});
