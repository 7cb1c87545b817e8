import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What decides about a verdict. */
const deciding = ['harness', 'fakes', 'scenarios', 'gameday.config.ts', 'package-lock.json'];

/** 16 hexadecimal digits of the SHA-256 of the names and contents of everything that decides about a verdict. */
export function codeHash(root: string): string {
  const hash = createHash('sha256');
  for (const path of deciding.flatMap((name) => filesOf(root, name)))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

function filesOf(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(root, `${path}/${name}`));
}
