import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { foundToxiproxy } from '../../../scripts/bench-proxy/paths.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-paths-'));
  for (const name of ['folder', 'text', 'program']) await mkdir(join(folder, name));
  await mkdir(join(folder, 'folder', 'toxiproxy-server'));
  await writeFile(join(folder, 'text', 'toxiproxy-server'), '', { mode: 0o644 });
  await writeFile(join(folder, 'program', 'toxiproxy-server'), '', { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true }));

it('the real server is the one that was built, or a program on the path, or none', () => {
  const path = ['folder', 'nowhere', 'text', 'program'].map((name) => join(folder, name));
  const program = join(folder, 'program', 'toxiproxy-server');
  const nowhere = join(folder, 'nowhere', 'server');
  expect(foundToxiproxy(path.join(delimiter), nowhere)).toBe(program);
  expect(foundToxiproxy(path.slice(0, 3).join(delimiter), nowhere)).toBeUndefined();
  expect(foundToxiproxy('', program)).toBe(program);
});
