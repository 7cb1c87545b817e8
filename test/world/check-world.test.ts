import { expect, it } from 'vitest';
import { checkTarget } from '../../harness/world/check-world.ts';
import { plainTarget } from './support/test-world.ts';

it('refuses a URL with a path, which nobody would ask for, and says where the path belongs', () => {
  const at = (url: string) => plainTarget('', { start: { kind: 'url', url } });
  expect(checkTarget(at('http://127.0.0.1:3000/'))).toEqual({ host: '127.0.0.1', port: 3000 });
  expect(() => checkTarget(at('http://127.0.0.1:3000/rag/v2?tenant=a'))).toThrow(
    'start.url of plain has a path: /rag/v2?tenant=a. Put /rag/v2?tenant=a into the paths of the operations',
  );
});
