#!/usr/bin/env node
// Starts gameday: the compiled `dist/` where the package is installed, the TypeScript sources in the checkout. Sources need a Node that
// strips types (22.18 or newer); the checkout brings one as the dev dependency `node`, for machines whose own Node is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'harness', 'cli.ts');
const compiled = join(root, 'dist', 'harness', 'cli.js');
const bundledNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const [major = 0] = process.versions.node.split('.').map(Number);

// Compiled modules are kept for the next start, where Node can do that (22.1 or newer): loading takes half the time then.
module.enableCompileCache?.();

if (!existsSync(sources)) {
  await import(pathToFileURL(compiled).href);
} else if (major >= 24) {
  await import(pathToFileURL(sources).href);
} else if (existsSync(bundledNode)) {
  // The IPC channel tells the child when this process is gone, even by kill -9: it then heals, stops everything and ends.
  const child = spawn(bundledNode, [sources, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C reaches the child by itself, since it is in our process group; a signal sent to this process alone does not.
    process.on(signal, () => child.send({ kind: 'signal', signal }));
  }
  child.on('error', (cause) => {
    console.error(`Could not start ${bundledNode}: ${cause.message}`);
    process.exit(3);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 3)));
} else {
  console.error(
    `gameday runs from its sources on Node 24 or newer; this is ${process.version}. Please run "npm ci" here first: it brings one.`,
  );
  process.exit(3);
}
