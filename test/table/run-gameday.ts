import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun, type StoredRun } from '../../harness/run-folder.ts';

export const root = join(import.meta.dirname, '..', '..');

/** One finished command. */
export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `gameday` as a person would, in `folder` (default: the checkout), with `variables` beside ours, and waits for its end. */
export function gameday(
  parameters: readonly string[],
  options: {
    folder?: string;
    variables?: Readonly<Record<string, string>>;
    signal?: AbortSignal;
    onOutput?: (text: string) => void;
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'gameday.js'), ...parameters], {
      cwd: options.folder ?? root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...options.variables },
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      options.onOutput?.(chunk.toString());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    options.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Runs one scenario, and reads the record that it stored. The folder is removed again unless the run is to be looked at. */
export async function runScenario(
  scenario: string,
  options: { seed: number; defect?: string; standIns?: boolean },
): Promise<Finished & { readonly run: StoredRun }> {
  const out = await mkdtemp(join(tmpdir(), 'gameday-run-'));
  const defect = options.defect === undefined ? [] : ['--defect', options.defect];
  const parameters = [
    'run',
    scenario,
    '--seed',
    String(options.seed),
    '--reporter',
    'console',
    '--out',
    out,
    ...defect,
    ...(options.standIns === true ? ['--stand-ins'] : []),
  ];
  const finished = await gameday(parameters);
  const [name] = (await readdir(out)).filter((entry) => entry !== 'latest');
  if (name === undefined) throw new Error(`No run was stored (exit ${finished.code}):\n${finished.output}`);
  const run = await readRun(join(out, name));
  await rm(out, { recursive: true, force: true });
  return { ...finished, run };
}
