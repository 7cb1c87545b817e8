import { defineConfig } from 'vitest/config';

// Whole experiments on real clocks: one at a time, so that none disturbs the other's timing.
export default defineConfig({
  test: { include: ['test/scenarios/**/*.test.ts'], fileParallelism: false, testTimeout: 240_000 },
});
