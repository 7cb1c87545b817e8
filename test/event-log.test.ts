import { expect, it } from 'vitest';
import { eventLog, firstDifference, hashOf } from '../harness/event-log.ts';
import { exampleRun } from './reports/example-run.ts';

it('has every request, call, fault and item in the order of time, and is the same for the same run', () => {
  const run = exampleRun('failing');
  const log = eventLog(run);
  const events = log.map((line) => JSON.parse(line) as { atMs: number; event: string });
  expect(events.map((event) => event.atMs)).toEqual(events.map((event) => event.atMs).toSorted((a, b) => a - b));
  const count = (event: string): number => events.filter((one) => one.event === event).length;
  expect(count('request')).toBe(run.samples.length);
  expect(count('call')).toBe(run.calls.length);
  expect(count('fault')).toBe(run.record.receipts.length);
  expect(hashOf(eventLog(exampleRun('failing')))).toBe(hashOf(log));
  expect(hashOf(eventLog(exampleRun('failing', { seed: 8 })))).not.toBe(hashOf(log));
});

it('finds the first event in which two runs part, also when one of them merely ends', () => {
  const run = exampleRun('failing');
  const [first, ...others] = run.calls;
  if (!first) throw new Error('no call');
  const log = eventLog(run);
  expect(firstDifference(log, log)).toBeNull();
  expect(firstDifference(log, log.slice(0, 10))).toBe(10);
  const later = eventLog({ ...run, calls: [{ ...first, endedMs: (first.endedMs ?? 0) + 1 }, ...others] });
  const at = firstDifference(log, later) ?? -1;
  expect(JSON.parse(log[at] ?? '{}')).toMatchObject({ event: 'call', number: first.number, part: first.part });
});
