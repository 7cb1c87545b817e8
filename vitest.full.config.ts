import { defineConfig } from 'vitest/config';

// What takes too long for every change: the whole table of scenarios and defects, kill -9, repetitions.
export default defineConfig({
  test: { include: ['test/full/**/*.test.ts'], fileParallelism: false, testTimeout: 1_800_000, hookTimeout: 60_000 },
});
