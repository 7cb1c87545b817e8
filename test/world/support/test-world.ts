import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../harness/kit/clock.ts';
import type { LocalWorldOptions } from '../../../harness/world/local-world.ts';
import type { TargetConfig } from '../../../harness/world/target.ts';
import type { PartSpec } from '../../../harness/world/types.ts';

export const targetScript = fileURLToPath(new URL('./target.ts', import.meta.url));

export function httpPart(name: string, settings: PartSpec['settings'] = {}): PartSpec {
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_BASE_URL`;
  const module = new URL('./plain-part.ts', import.meta.url).href;
  return { name, role: 'source', protocol: 'http', module, settings, variables: { [variable]: '{origin}' } };
}

export function tcpPart(name: string): PartSpec {
  const module = new URL('./tcp-part.ts', import.meta.url).href;
  return { name, role: 'store', protocol: 'tcp', module, settings: {}, variables: { STORE: '{host}:{port}' } };
}

export function plainTarget(mode = 'good', more: Partial<TargetConfig> = {}): TargetConfig {
  return {
    name: 'plain',
    start: { kind: 'command', command: [process.execPath, targetScript, mode] },
    ready: { path: '/ready', withinMs: 10_000 },
    operations: {},
    ...more,
  };
}

export function worldOptions(folder: string, more: Partial<LocalWorldOptions> = {}): LocalWorldOptions {
  return {
    ...{ parts: [httpPart('crm'), tcpPart('store')], corpus: { module: 'file:///none', documents: 0 }, seed: 7 },
    ...{ target: plainTarget(), defect: null, runId: 'run-1', runFolder: join(folder, 'run-1'), stateFolder: folder },
    ...{ otlpUrl: null, leaseMs: 5000, clock: systemClock(), fetch, signal: new AbortController().signal },
    ...more,
  };
}

export function temporaryFolder(): { path: string; undoJournals: () => readonly string[]; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'gameday-world-'));
  const undo = join(path, 'undo');
  return {
    path,
    undoJournals: () => (existsSync(undo) ? readdirSync(undo) : []),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
