import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// What takes too long for every change: every scenario and defect in real time, and kill -9. One at a time, so that none disturbs another.
export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    // Where CI is set, colours are on even in a pipe: the texts of children are compared without them.
    env: { NO_COLOR: '1' },
    include: ['test/full/**/*.test.ts'],
    fileParallelism: false,
    // Of tests that say that they may run beside others.
    maxConcurrency: 2,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
  },
});
