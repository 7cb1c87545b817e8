import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// Whole experiments on real clocks: one at a time, so that none disturbs the other's timing.
export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    include: ['test/scenarios/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
  },
});
