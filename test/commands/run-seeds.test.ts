import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSeeds } from '../../harness/commands/run-seeds.ts';
import { parseSeeds } from '../../harness/commands/seeds.ts';
import type { Terminal } from '../../harness/commands/terminal.ts';
import type { RunResult } from '../../harness/run.ts';
import { gpuSaturation } from '../../scenarios/gpu-saturation.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';
import { exampleRun } from '../reports/example-run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-seeds-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(result: (scenario: string, seed: number) => Promise<RunResult>, ending = new AbortController()) {
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const print = (text: string): number => printed.push(text);
  const terminal: Terminal = { isTerminal: false, color: false, print, say: quiet, transient: quiet };
  const code = await runSeeds([sourceThrottling, gpuSaturation], {
    ...{ seeds: [1, 2, 3], terminal, signal: ending.signal },
    run: ({ name }, seed) => result(name, seed),
  });
  return { code, text: printed.join('\n') };
}

async function judged(variant: 'passing' | 'failing'): Promise<RunResult> {
  return { kind: 'judged', run: { ...exampleRun(variant), folder: await mkdtemp(join(folder, `${variant}-`)) } };
}

describe('seeds', () => {
  it('are a range or a list', () => {
    expect(parseSeeds('3..6')).toEqual([3, 4, 5, 6]);
    expect(parseSeeds('7')).toEqual([7]);
    expect(parseSeeds('7,9,7')).toEqual([7, 9]);
    for (const wrong of ['', '6..3', '1..', 'a', '1..999999999', '1;2']) expect(() => parseSeeds(wrong)).toThrow();
  });
});

describe('runs with many seeds', () => {
  it('are counted by verdict; the first that does not pass is shown with its command, and only such are kept', async () => {
    const folders: string[] = [];
    const { code, text } = await run(async (scenario, seed) => {
      const result = await judged(scenario === 'gpu-saturation' && seed > 1 ? 'failing' : 'passing');
      if (result.kind === 'judged') folders.push(result.run.folder);
      return result;
    });
    expect(code).toBe(1);
    expect(text).toMatch(/source-throttling +3 +3 +0/);
    expect(text).toMatch(/gpu-saturation +3 +1 +2/);
    expect(text).toContain('First of gpu-saturation that did not pass: seed 2, fail: ');
    expect(text).toContain('run it again: npx gameday run');
    expect(folders.map((one) => existsSync(one))).toEqual([false, false, false, false, true, true]);
  });

  it('end with 0 when all pass, and with 3 when one breaks', async () => {
    expect((await run(() => judged('passing'))).code).toBe(0);
    const { code, text } = await run((_, seed) => (seed === 2 ? Promise.reject(new Error('oops')) : judged('passing')));
    expect(code).toBe(3);
    expect(text).toContain('broken: ');
  });

  it('are no pass when they were interrupted', async () => {
    const ending = new AbortController();
    const { code } = await run((_, seed) => {
      if (seed === 2) ending.abort();
      return judged('passing');
    }, ending);
    expect(code).toBe(2);
  });
});
