import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { GamedayError } from '../../harness/kit/errors.ts';
import { processState } from '../../harness/safety/process-identity.ts';
import type { UndoJournal } from '../../harness/safety/undo-journal.ts';
import { spawnChild } from '../../harness/world/child.ts';

const clock = systemClock();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Says after a while that no message came, and would go on for long. */
const script = `
  process.on('message', () => console.log('begun'));
  setTimeout(() => console.log('nothing came'), 100);
  setTimeout(() => process.exit(), 20_000);
`;

const printed = (): string => readFileSync(join(folder, 'crm.log'), 'utf8');

it('ends a process that cannot be noted in the undo journal, before it has begun', async () => {
  const module = join(folder, 'child.mjs');
  writeFileSync(module, script);
  const full = new GamedayError('disk', 'The undo journal could not be written: ENOSPC');
  const pids: number[] = [];
  const undone: string[] = [];
  const undo: UndoJournal = {
    file: join(folder, 'undo.jsonl'),
    process: async (_name, pid) => {
      pids.push(pid);
      await waitUntil(clock, () => (printed() === '' ? undefined : true), { what: 'the process', limitMs: 10_000 });
      throw full;
    },
    undone: (name) => {
      undone.push(name);
      return Promise.reject(full);
    },
    fault: () => Promise.reject(full),
    close: () => Promise.resolve(),
  };
  const outputFile = join(folder, 'crm.log');
  const spawning = spawnChild({ name: 'crm', module, begin: {}, environment: {}, outputFile, clock, undo });
  await expect(spawning).rejects.toBe(full);
  expect(pids).toHaveLength(1);
  expect((await processState(pids[0] ?? 0)).kind).toBe('gone');
  expect(undone).toEqual(['crm']);
  expect(printed()).toBe('nothing came\n');
});
