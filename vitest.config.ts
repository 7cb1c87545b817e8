import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { noSkips } from './scripts/no-skips.ts';

// Workers, and what tests start, find compiled modules where `bin/gameday.js` keeps them: loading is a third of the work of short tests.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');

const notHere = ['test/simulated/**', 'test/full/**', 'test/examples/**'];
/**
 * Of the proxy, those that put something in the place of a module or of a function of the platform, look at their process, start others, or compare
 * times of milliseconds with what another process does.
 */
const aloneInProxy = [
  ...[
    'api-server',
    'bounded-memory',
    'bulk-toxics',
    'control-over-sockets',
    'control-under-flood',
    'control-under-stall',
  ],
  ...['data-path', 'differences', 'door', 'door-in-between', 'every-bound', 'heal-all', 'metrics', 'outside-clients'],
  ...['process', 'registry', 'reused-memory', 'shared-metrics', 'soak', 'tls-authority', 'tls-clients'],
].join('|');
/** Their tests change nothing that another file could see, so that files share a process and what it has loaded. */
const shared = [
  ...['docs', 'fakes', 'judge', 'kit', 'load', 'observe', 'reports', 'scripts'].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  `test/proxy/!(${aloneInProxy}).test.ts`,
  'test/proxy/http/!(many-events).test.ts',
  // In virtual time nothing real may happen, not even what another file has left behind.
  'test/faults/!(streams-on-the-broken-one).test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', ...noSkips(process.env)],
    // Where CI is set, colours are on even in a pipe: the texts of children are compared without them.
    env: { NO_COLOR: '1' },
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: shared } },
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...notHere, ...shared] } },
    ],
    // Most of the time is spent waiting for processes and timers, so both cores of a small machine get a worker.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
