import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compareIdentity, processState } from './safety/process-identity.ts';

/** Which process a run belongs to that is not stored yet. A process id alone says nothing, since the system gives it out again. */
const OwnerSchema = z.object({ pid: z.number().int().min(2), startedAtMs: z.number().nullable() });

/** The file in the folder of a run that is not stored yet. */
export const ownerName = 'conductor.json';

/** Says in a folder that it belongs to this process. */
export async function writeOwner(folder: string): Promise<void> {
  const state = await processState(process.pid);
  const owner = { pid: process.pid, startedAtMs: state.kind === 'running' ? state.startedAtMs : null };
  await writeFile(join(folder, ownerName), JSON.stringify(owner));
}

/** Whether the process that a folder belongs to is still there; `unknown` when the folder or `ps` does not say. */
export async function ownerOf(folder: string): Promise<'there' | 'gone' | 'unknown'> {
  const text = await readFile(join(folder, ownerName), 'utf8').catch(() => '');
  const owner = OwnerSchema.safeParse(parse(text)).data;
  if (owner === undefined) return 'unknown';
  const found = compareIdentity(owner.startedAtMs, await processState(owner.pid));
  if (found === 'unknown') return found;
  return found === 'same' ? 'there' : 'gone';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
