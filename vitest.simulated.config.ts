import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// Whole experiments in virtual time: each is work for one core, and needs nothing but that.
export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    include: ['test/simulated/**/*.test.ts'],
    maxWorkers: 2,
  },
});
