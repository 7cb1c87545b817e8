import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const Manifest = z.object({ name: z.literal('gameday'), version: z.string() });

/** The version of this package, from its manifest: one folder up in the checkout, two in `dist/`. */
export function gamedayVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    const manifest = Manifest.safeParse(JSON.parse(readFileSync(url, 'utf8')));
    if (manifest.success) return manifest.data.version;
  }
  return 'unknown';
}
