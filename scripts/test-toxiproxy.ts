/**
 * Runs the tests of what the fault proxy and Toxiproxy have in common, and of what they do otherwise, against the real server, and its command line
 * against both. They are built by `go install`, which needs Go 1.23 or later. Run with `npm run test:toxiproxy`; TOXIPROXY_SERVER and
 * TOXIPROXY_CLI name ones that are there already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const version = 'v2.12.0';
const root = join(import.meta.dirname, '..');
const bin = join(root, '.gameday', 'toxiproxy', version);
const server = process.env['TOXIPROXY_SERVER'] ?? join(bin, 'server');
const cli = process.env['TOXIPROXY_CLI'] ?? join(bin, 'cli');

for (const program of [server, cli])
  if (!existsSync(program))
    run('go', ['install', `github.com/Shopify/toxiproxy/v2/cmd/${basename(program)}@${version}`], { GOBIN: bin });
const tests = join(root, 'test', 'proxy');
const shared = readdirSync(tests)
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => readFileSync(join(tests, name), 'utf8').includes('startSharedBench('));
run(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...shared.map((name) => `test/proxy/${name}`)],
  // What only ours does is left out there, and has been tested by `npm test`.
  { TOXIPROXY_SERVER: server, TOXIPROXY_CLI: cli, GAMEDAY_NO_SKIPS: '' },
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
