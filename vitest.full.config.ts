import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// What takes too long for every change: the whole table of scenarios and defects, kill -9, repetitions.
export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    // Where CI is set, colours are on even in a pipe: the texts of children are compared without them.
    env: { NO_COLOR: '1' },
    include: ['test/full/**/*.test.ts'],
    fileParallelism: false,
    // What is marked as concurrent is work for one core each.
    maxConcurrency: 2,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
  },
});
