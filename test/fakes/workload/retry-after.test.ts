import { expect, it } from 'vitest';
import { readRetryAfter } from '../../../fakes/workload/retry-after.ts';

const nowMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');

it.each([
  ['7', 7000],
  ['0', 0],
  ['86400', 86_400_000],
  ['Wed, 21 Oct 2026 07:28:07 GMT', 7000],
  ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
  [null, null],
  ['', null],
  ['-5', null],
  ['soon', null],
])('reads %j as %j ms', (header, expected) => {
  expect(readRetryAfter(header, nowMs)).toBe(expected);
});
