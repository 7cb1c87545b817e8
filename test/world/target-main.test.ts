import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processState } from '../../harness/safety/process-identity.ts';
import { readUndoEntries } from '../../harness/safety/undo-entries.ts';
import type { StartedChild } from '../../harness/world/child.ts';
import { TargetStartedSchema } from '../../harness/world/target-settings.ts';
import { openBench, type Bench } from './support/bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const targetMain = fileURLToPath(new URL('../../harness/world/target-main.ts', import.meta.url));

async function hold(
  script: string,
): Promise<{ holder: StartedChild; pid: number; output: () => string; messages: unknown[] }> {
  const outputFile = join(bench.folder, 'target.log');
  const holder = await bench.children.spawn({
    name: 'target',
    module: targetMain,
    begin: {
      command: [process.execPath, '-e', script],
      folder: bench.folder,
      environment: { A: 'b' },
      undoFile: bench.undoFile,
    },
    environment: { SECRET: 'of the holder' },
    outputFile,
    graceMs: 800,
  });
  const messages: unknown[] = [];
  holder.onMessage((message) => messages.push(message));
  const signal = new AbortController().signal;
  const { pid } = await holder.waitReady({
    schema: TargetStartedSchema,
    limitMs: 10_000,
    code: 'target-not-ready',
    signal,
  });
  return { holder, pid, output: () => readFileSync(outputFile, 'utf8'), messages };
}

const isGone = (pid: number) => async (): Promise<boolean> => (await processState(pid)).kind === 'gone';
const forever = 'setInterval(() => {}, 1000);';

describe('target-main', () => {
  it('gives the target the environment that it is to have and no more, and keeps what it prints', async () => {
    const { output } = await hold(`console.log(JSON.stringify(process.env), process.cwd()); ${forever}`);
    await expect.poll(output).toContain('{"A":"b"}');
    expect(output()).not.toContain('SECRET');
    expect(output()).toContain('gameday-bench-');
  });

  it('ends a target that it cannot note: nobody would ever end it', async () => {
    const said = join(bench.folder, 'pid');
    const script = `require('fs').writeFileSync(${JSON.stringify(said)}, String(process.pid)); ${forever}`;
    const holder = await bench.children.spawn({
      ...{ name: 'target', module: targetMain, environment: {}, outputFile: join(bench.folder, 'target.log') },
      begin: {
        ...{ command: [process.execPath, '-e', script], folder: bench.folder, environment: {} },
        undoFile: join(bench.folder, 'no-such-folder', 'undo.jsonl'),
      },
    });
    await holder.ended;
    // It may have been ended before it could say which process it is.
    if (existsSync(said)) await expect.poll(isGone(Number(readFileSync(said, 'utf8')))).toBe(true);
    expect(holder.died()).not.toBeNull();
  });

  it('notes the target in the undo journal before it says that it has started', async () => {
    const { pid } = await hold(forever);
    const { processes } = readUndoEntries(readFileSync(bench.undoFile, 'utf8'));
    expect(processes.find((entry) => entry.pid === pid)).toMatchObject({ name: 'target command' });
  });

  it('reports how the target ended, and ends what the target had started', async () => {
    const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'ignore' });
      console.log('child ' + c.pid); setTimeout(() => process.exit(4), 100);`;
    const { messages, output } = await hold(script);
    await expect.poll(() => messages).toContainEqual({ kind: 'exited', how: 'exited with code 4' });
    const grandchild = Number(/child (\d+)/.exec(output())?.[1]);
    await expect.poll(isGone(grandchild)).toBe(true);
  });

  it('ends a target that does not heed SIGTERM within a second', async () => {
    const { holder, pid, output } = await hold(
      `process.on('SIGTERM', () => console.log('no')); console.log('up'); ${forever}`,
    );
    await expect.poll(output).toContain('up');
    const fromMs = Date.now();
    await holder.stop();
    expect(Date.now() - fromMs).toBeLessThan(1000);
    expect(output()).toContain('no');
    await expect.poll(isGone(pid)).toBe(true);
  });

  it('lets a target that heeds SIGTERM finish what it does', async () => {
    const script = `process.on('SIGTERM', () => setTimeout(() => { console.log('finished'); process.exit(0); }, 200)); console.log('up'); ${forever}`;
    const { holder, output } = await hold(script);
    await expect.poll(output).toContain('up');
    await holder.stop();
    expect(output()).toContain('finished');
  });

  it('says what is wrong with a command that cannot be started', async () => {
    const holder = await bench.children.spawn({
      name: 'target',
      module: targetMain,
      begin: {
        command: ['no-such-program-here'],
        folder: bench.folder,
        environment: { PATH: '/bin' },
        undoFile: bench.undoFile,
      },
      environment: {},
      outputFile: join(bench.folder, 'target.log'),
    });
    const signal = new AbortController().signal;
    const starting = holder.waitReady({
      schema: TargetStartedSchema,
      limitMs: 10_000,
      code: 'target-not-ready',
      signal,
    });
    await expect(starting).rejects.toThrow('no-such-program-here ENOENT');
  });
});
