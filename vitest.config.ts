import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    // Where CI is set, colours are on even in a pipe: the texts of children are compared without them.
    env: { NO_COLOR: '1' },
    include: ['test/**/*.test.ts'],
    exclude: ['test/simulated/**', 'test/full/**', 'test/examples/**'],
    // Most of the time is spent waiting for processes and timers, so both cores of a small machine get a worker.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
