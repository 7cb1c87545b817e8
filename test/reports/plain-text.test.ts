import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from '../../reports/plain-text.ts';

test('leaves ordinary words as they are, in any script', () => {
  const text = 'p95 of time to first token: 900 ms ≤ 1 s, für „Größe“, 時間, 👍🏽';
  expect(plainText(text)).toBe(text);
});

test('is one line without sequences that steer a terminal', () => {
  expect(plainText('a\nb\tc\u001b[31mred\u001b[0m\u001b]8;;http://x\u0007link\u001b]8;;\u0007')).toBe('a b credlink');
});

test('shows controls, turned writing and broken surrogates as a mark', () => {
  expect(plainText('a\u0000b\u202ec\ud800d')).toBe('a\ufffdb\ufffdc\ufffdd');
});

test('masks credentials', () => {
  const secrets = [
    'postgres://gameday:hunter2secret@127.0.0.1:5432/rag',
    'Authorization: Bearer hunter2secret',
    'sk-hunter2secret',
    'AKIAHUNTER2SECRETXYZ',
    '{"api_key":"hunter2secret"}',
    'access_token=hunter2secret&x=1',
  ];
  for (const secret of secrets) expect(plainText(secret)).not.toMatch(/hunter2/i);
});

test('never leaves a character that XML forbids', () => {
  const forbidden = /[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !forbidden.test(plainText(text))));
});
