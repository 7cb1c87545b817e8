import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineSettingsSchema } from '../../../fakes/models/engine-settings.ts';
import { stepTimeMs } from '../../../fakes/models/step-time.ts';

/** What `scripts/gpu/measure-steps.py` has seen on one H100: of kernels alone, without scheduling, sampling and launches. */
interface Measured {
  readonly steps: readonly { readonly tokens: number; readonly ms: number }[];
  readonly attention: readonly { readonly sequences: number; readonly contextTokens: number; readonly ms: number }[];
}

const measured = (name: string): Measured =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'published', name), 'utf8')) as Measured;
const { steps, attention } = measured('h100-steps.json');
const defaults = EngineSettingsSchema.parse({});
const kernelsOnly = { ...defaults, stepOverheadMs: 0, perSequenceMs: 0 };

/** How many times the measured time the formula says. */
function ratios(settings: typeof defaults): number[] {
  return steps.map(({ tokens, ms }) => stepTimeMs(settings, { tokens, sequences: 0, contextTokens: 0 }) / ms);
}

describe('the kernels of a model of 8 billion parameters, measured on an H100', () => {
  it('take as long as the formula says within 4 %, from 1 to 2,048 tokens, with three figures of that GPU put in', () => {
    const fitted = { ...kernelsOnly, weightReadMs: 5.9, perTokenMs: 0.0215, smoothness: 2.2 };
    expect(steps.length).toBe(19);
    for (const ratio of ratios(fitted)) expect(Math.abs(ratio - 1)).toBeLessThan(0.04);
    // With the smoothness of the profiles that the default comes from they would not.
    expect(Math.max(...ratios({ ...fitted, smoothness: 1.5 }))).toBeGreaterThan(1.15);
  });

  it('took as long a second time, within 5 %', () => {
    const again = measured('h100-steps-again.json');
    expect([again.steps.length, again.attention.length]).toEqual([steps.length, attention.length]);
    for (const [index, { ms }] of [...again.steps, ...again.attention].entries())
      expect(Math.abs(ms / ([...steps, ...attention][index]?.ms ?? 0) - 1)).toBeLessThan(0.05);
  });

  it('are never slower than the defaults say, and at most a third quicker: most where reading weights takes as long as arithmetic', () => {
    const all = ratios(kernelsOnly);
    expect(Math.min(...all)).toBeGreaterThan(1.07);
    expect(Math.max(...all)).toBeLessThan(1.32);
    expect(steps[all.indexOf(Math.max(...all))]?.tokens).toBe(256);
  });

  it('read a cache of 32,000 tokens and more a fifth quicker than the defaults say, one of few sequences slower', () => {
    const ratio = attention.map(({ contextTokens, ms }) => (defaults.perContextTokenMs * contextTokens) / ms);
    const large = ratio.filter((_, index) => (attention[index]?.contextTokens ?? 0) > 32_000);
    expect(large.length).toBe(7);
    for (const one of large) expect(one).toSatisfy((is: number) => is > 1.09 && is < 1.27);
    expect(Math.min(...ratio)).toBeGreaterThan(0.74);
  });
});
