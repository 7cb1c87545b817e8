import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// Whole experiments on real clocks: one at a time, so that none disturbs the other's timing.
export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    // Where CI is set, colours are on even in a pipe: the texts of children are compared without them.
    env: { NO_COLOR: '1' },
    include: ['test/scenarios/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
  },
});
