import { describe, expect, it } from 'vitest';
import { countdown, createProgress, phaseLine } from '../../harness/commands/progress.ts';
import type { Terminal } from '../../harness/commands/terminal.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { makePlan } from '../../harness/plan.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';

const plan = makePlan(sourceThrottling, { seed: 1, pace: 'quick' });
const [, baseline, quotaCut] = plan.phases;
if (!baseline || !quotaCut) throw new Error('The plan has no baseline.');

describe('progress', () => {
  it('has one line for each phase, with its length, what the fault does, and the time left', () => {
    expect(phaseLine(baseline, plan)).toBe('baseline (20 s; 102 s left)');
    expect(phaseLine(quotaCut, plan)).toMatch(
      /^quota-cut: crm lets 4 requests per second through; .* \(20 s; 82 s left\)$/,
    );
  });

  it('counts down within a phase', () => {
    expect(countdown(baseline, plan, 9000)).toBe('[===                 ] baseline 9 s of 20 s, 93 s left');
    expect(countdown(baseline, plan, 99_000)).toContain('20 s of 20 s');
  });

  it('counts every second on a terminal, and says no more than its lines elsewhere', async () => {
    for (const isTerminal of [true, false]) {
      const clock = new VirtualClock();
      const seen: string[] = [];
      const said: string[] = [];
      const terminal: Terminal = {
        isTerminal,
        color: false,
        print: () => undefined,
        say: (text) => said.push(text),
        transient: (text) => seen.push(text),
      };
      const display = createProgress(clock, terminal);
      display.show({ kind: 'phase', phase: baseline, plan });
      await clock.advance(3500);
      display.stop();
      await clock.advance(5000);
      expect(said).toHaveLength(1);
      expect(seen).toHaveLength(isTerminal ? 4 : 0);
    }
  });
});
