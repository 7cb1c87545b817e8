import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  compareIdentity,
  parseProcessList,
  processState,
  processStates,
} from '../../harness/safety/process-identity.ts';

const path = process.env['PATH'];
afterEach(() => (process.env['PATH'] = path));

describe('parseProcessList', () => {
  it('reads pid, status and start time', () => {
    const states = parseProcessList('    1 S<Ll Mon Nov 23 20:12:32 2026\n  812 Z    Mon Nov  2 01:02:03 2026\n');
    expect(states.get(1)).toEqual({ kind: 'running', startedAtMs: Date.UTC(2026, 10, 23, 20, 12, 32) });
    expect(states.get(812)).toEqual({ kind: 'gone' });
  });

  it('does not take a date that it cannot read for a start time', () => {
    expect(parseProcessList('  5 S    gestern').get(5)).toEqual({ kind: 'unknown' });
  });

  it('reads nothing from the usage text of another ps', () => {
    expect(parseProcessList('BusyBox v1.36\nUsage: ps [-o COL1,COL2=HEADER]\n').size).toBe(0);
  });
});

describe('compareIdentity', () => {
  const at = (startedAtMs: number) => ({ kind: 'running', startedAtMs }) as const;

  it('allows for the second by which ps may be off, and no more than two', () => {
    expect(compareIdentity(10_000, at(11_000))).toBe('same');
    expect(compareIdentity(10_000, at(8_000))).toBe('same');
    expect(compareIdentity(10_000, at(13_000))).toBe('another');
  });

  it('confirms nothing where a start time is missing', () => {
    expect(compareIdentity(null, at(10_000))).toBe('unknown');
    expect(compareIdentity(10_000, { kind: 'unknown' })).toBe('unknown');
    expect(compareIdentity(null, { kind: 'gone' })).toBe('gone');
  });
});

describe('processStates', () => {
  it('knows since when this process runs, and that an ended one is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const ended = child.pid ?? 0;
    const states = await processStates([process.pid, ended]);
    expect(states.get(ended)).toEqual({ kind: 'gone' });
    const startedMs = Date.now() - process.uptime() * 1000;
    const own = states.get(process.pid);
    expect(own?.kind === 'running' && Math.abs(own.startedAtMs - startedMs)).toBeLessThan(5000);
  });

  it('knows only that a process exists where there is no ps', async () => {
    process.env['PATH'] = '/nonexistent';
    expect(await processState(process.pid)).toEqual({ kind: 'unknown' });
  });
});
