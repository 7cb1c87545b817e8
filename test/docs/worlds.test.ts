import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it('shows code in docs/worlds.md that is in the tests as it stands', () => {
  const examples = [...readFileSync(join(root, 'docs/worlds.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
  const tested = readFileSync(join(root, 'test/vitest/own-code.ts'), 'utf8');
  expect(examples.length).toBeGreaterThan(1);
  for (const [, code = ''] of examples) expect(tested).toContain(code);
});
