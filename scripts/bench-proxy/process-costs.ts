import { existsSync, readFileSync } from 'node:fs';

/** What a process holds in memory; by the process file system, so on Linux only. NaN elsewhere. */
export function residentMiB(pid: number): number {
  const file = `/proc/${pid}/statm`;
  if (!existsSync(file)) return NaN;
  return (Number(readFileSync(file, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
}

/** Processor time that a process and its threads have had, of itself and of the system for it. In steps of 10 ms; NaN where there is no such file. */
export function processorMs(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return NaN;
  // The name in brackets may hold anything; behind it the 12th and 13th are user and system time in hundredths of a second (proc(5)).
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
