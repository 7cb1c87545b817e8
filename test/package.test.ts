import { readFileSync, globSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const names = z.record(z.string(), z.unknown()).default({});
const manifest = z
  .object({ dependencies: names, peerDependencies: names, peerDependenciesMeta: names, devDependencies: names })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** The packages that the files in `dist/` import, types included, since the declarations name them too. */
function importedPackages(): string[] {
  const files = globSync('{harness,fakes,reports,scenarios}/**/*.ts', { cwd: root });
  const specifiers = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /^(?:import|export)\b[^;]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm,
      ),
    ].map(([, from, dynamic]) => from ?? dynamic ?? ''),
  );
  const packages = specifiers
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(packages)].sort();
}

it('names every package that it imports as one that is installed with it, or as a peer', () => {
  const named = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  const imported = importedPackages();
  expect(imported).toContain('zod');
  expect(imported).toContain('msw');
  expect(imported.filter((name) => !named.includes(name))).toEqual([]);
});

it('asks nobody to install msw who does not use it', () => {
  expect(manifest.peerDependenciesMeta['msw']).toEqual({ optional: true });
  expect(manifest.devDependencies['msw']).toBe(manifest.peerDependencies['msw']);
});
