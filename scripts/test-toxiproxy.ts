/**
 * Runs the tests of what the fault proxy and Toxiproxy have in common, and of what they do otherwise, against the real server. It is built by
 * `go install`, which needs Go 1.23 or later. Run with `npm run test:toxiproxy`; TOXIPROXY_SERVER names one that is there already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const version = 'v2.12.0';
const root = join(import.meta.dirname, '..');
const bin = join(root, '.gameday', 'toxiproxy', version);
const server = process.env['TOXIPROXY_SERVER'] ?? join(bin, 'server');

if (!existsSync(server))
  run('go', ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@${version}`], { GOBIN: bin });
const files = ['control-api', 'populate', 'data-path', 'shared-toxics', 'differences'];
run(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...files.map((name) => `test/proxy/${name}.test.ts`)],
  // What only ours does is left out there, and has been tested by `npm test`.
  { TOXIPROXY_SERVER: server, GAMEDAY_NO_SKIPS: '' },
);

/** Ends this process with the other's exit code where that is not 0. */
function run(command: string, parameters: readonly string[], variables: Readonly<Record<string, string>>): void {
  const { status, error } = spawnSync(command, parameters, {
    ...{ cwd: root, stdio: 'inherit' },
    env: { ...process.env, ...variables },
  });
  if (error) {
    console.error(`${command} could not be run: ${error.message}. Building Toxiproxy needs Go (https://go.dev/dl).`);
    process.exit(3);
  }
  if (status !== 0) process.exit(status ?? 3);
}
