import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, 'slow-project');

it(
  'ends the run of a scenario with its test, so that the next one has the process to itself',
  { timeout: 120_000 },
  async () => {
    const output = await new Promise<string>((resolve) => {
      const env = { ...process.env, NO_COLOR: '1' };
      execFile('npx', ['vitest', 'run'], { cwd: folder, env }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(output).toContain('Test timed out in 500ms');
    expect(output).not.toContain('A simulation runs in this process already');
    expect(output).toContain('1 failed | 1 passed');
  },
);
