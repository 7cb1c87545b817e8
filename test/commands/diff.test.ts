import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diffCommand } from '../../harness/commands/diff.ts';
import { eventLog } from '../../harness/event-log.ts';
import type { SimulatedRun } from '../../harness/index.ts';
import { logFiles, readRun, storeRun } from '../../harness/run-folder.ts';
import type { RunRecord } from '../../harness/record.ts';
import { exampleRun } from '../reports/example-run.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gameday-diff-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function stored(name: string, variant: 'passing' | 'failing', run: Partial<RunRecord['run']> = {}) {
  return storedAs(name, exampleRun(variant), run);
}

async function storedAs(name: string, { record, ...logs }: SimulatedRun, run: Partial<RunRecord['run']> = {}) {
  const folder = join(root, name);
  await mkdir(folder);
  await storeRun({ folder, ...logs, record: { ...record, run: { ...record.run, ...run }, logs: logFiles() } });
  return folder;
}

async function diff(left: string, right: string): Promise<{ code: number; text: string }> {
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const print = (text: string): number => printed.push(text);
  const code = await diffCommand(left, right, { isTerminal: false, color: false, print, say: quiet, transient: quiet });
  return { code, text: printed.join('\n') };
}

it('says of runs that part what each was asked to be, and where they part', async () => {
  const one = await stored('one', 'passing', { world: 'simulated' });
  const other = await stored('other', 'failing', { world: 'simulated', interleaved: true });
  const { code, text } = await diff(one, other);
  expect(code).toBe(1);
  expect(text).toContain('one: seed 7, pace quick, simulated, ');
  expect(text).toContain('other: seed 7, pace quick, simulated, defect A6, interleaved by the seed, ');
  expect(text).toMatch(/They part at event \d+:/);
});

const whole = exampleRun('passing');
/** A tenth of a run has all kinds of events. */
const example: SimulatedRun = { ...whole, samples: tenth(whole.samples), calls: tenth(whole.calls) };

function tenth<T>(list: readonly T[]): T[] {
  return list.filter((_, index) => index % 10 === 0);
}

/** The example, in which one of a kind of events, in the middle, is another. */
function withChange(kind: string): SimulatedRun {
  const { record, samples, calls } = example;
  const { receipts, ledger } = record;
  const { crm = [] } = ledger.sources;
  const stored = ledger.stored ?? [];
  if (kind === 'request') return { ...example, samples: changed(samples, ({ tokens }) => ({ tokens: tokens + 1 })) };
  if (kind === 'call') return { ...example, calls: changed(calls, () => ({ status: 418 })) };
  if (kind === 'fault')
    return {
      ...example,
      record: { ...record, receipts: changed(receipts, ({ altered }) => ({ altered: altered + 1 })) },
    };
  const other = ({ version }: { version: number }): { version: number } => ({ version: version + 1 });
  const lists =
    kind === 'change'
      ? { sources: { ...ledger.sources, crm: changed(crm, other) } }
      : { stored: changed(stored, other) };
  return { ...example, record: { ...record, ledger: { ...ledger, ...lists } } };
}

/** The list with another one in its middle. */
function changed<T>(list: readonly T[], change: (one: T) => Partial<T>): T[] {
  const middle = Math.floor(list.length / 2);
  return list.map((one, index) => (index === middle ? { ...one, ...change(one) } : one));
}

/** Stores two runs and compares them. Gives their logs, too. */
async function diffOf(one: SimulatedRun, other: SimulatedRun) {
  const [left, right] = [await storedAs('one', one), await storedAs('other', other)];
  const [log, otherLog] = [eventLog(await readRun(left)), eventLog(await readRun(right))];
  return { ...(await diff(left, right)), log, otherLog };
}

/** What is printed of the event with this index, and of the three before it. */
function shown(index: number, log: readonly string[], other: readonly string[]): string {
  const before = log.slice(index - 3, index).map((line) => `  ${line}`);
  return [`They part at event ${index + 1}:`, ...before, `- ${log[index]}`, `+ ${other[index]}`].join('\n');
}

it.each(['request', 'call', 'fault', 'change', 'stored'])(
  'shows the one event that is another, a %s in the middle, with those before it',
  async (kind) => {
    const { code, text, log, otherLog } = await diffOf(example, withChange(kind));
    const differing = log.flatMap((line, index) => (otherLog[index] === line ? [] : [index]));
    expect(code).toBe(1);
    expect(differing).toHaveLength(1);
    const [index = -1] = differing;
    expect(JSON.parse(log[index] ?? '')).toMatchObject({ event: kind });
    expect(index).toBeGreaterThan(log.length / 10);
    expect(index).toBeLessThan(log.length - 1);
    expect(text).toContain(shown(index, log, otherLog));
  },
);

it('shows the first of several that are others, and not a later one', async () => {
  const [asked, called] = [withChange('request'), withChange('call')];
  const { text, log, otherLog } = await diffOf(example, { ...asked, calls: called.calls });
  const differing = log.flatMap((line, index) => (otherLog[index] === line ? [] : [index]));
  expect(differing).toHaveLength(2);
  expect(text).toContain(shown(Math.min(...differing), log, otherLog));
});

it('shows an event that only one of the two has', async () => {
  const middle = Math.floor(example.calls.length / 2);
  const missing = { ...example, calls: example.calls.filter((_, index) => index !== middle) };
  const { text, log, otherLog } = await diffOf(example, missing);
  const index = log.findIndex((line) => line.includes(`"receivedMs":${example.calls[middle]?.receivedMs},`));
  expect(otherLog[index]).toBe(log[index + 1]);
  expect(text).toContain(shown(index, log, otherLog));
});

it('has nothing to say of the same', async () => {
  const { code, text } = await diff(await storedAs('one', example), await storedAs('same', example));
  expect(code).toBe(0);
  expect(text).toMatch(/^The same: \d+ events, sha256 [0-9a-f]{64}\.$/);
});
