import { fileURLToPath } from 'node:url';

/** Our own folders: their code is handed its time, its chance and its network. */
const folders = ['harness/', 'fakes/', 'scenarios/', 'reports/'];

/** Where time and chance come from. */
const exceptions = ['harness/kit/'];

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a line of a stack is one of our own code. */
export function isOwnCaller(frame: string): boolean {
  const at = frame.indexOf(root);
  if (at < 0) return false;
  const file = frame.slice(at + root.length);
  const isIn = (folder: string): boolean => file.startsWith(folder);
  return folders.some(isIn) && !exceptions.some(isIn);
}
