import { defineConfig } from 'vitest/config';

// A project of somebody who uses gameday, run by `../time-limit.test.ts` with this folder as the working folder.
export default defineConfig({ test: { include: ['*.scenario.ts'], testTimeout: 60_000, hookTimeout: 60_000 } });
