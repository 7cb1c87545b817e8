import { expect, test } from 'vitest';
import { formatBytes, formatFigure, formatMoment, formatNumber, formatValue } from '../../reports/format-figure.ts';

test.each([
  [0, '0'],
  [1.2, '1.2'],
  [13.118, '13.12'],
  [0.00042, '0.00042'],
  [0.9996, '0.9996'],
  [1146.6, '1147'],
  [12_345.6, '12\u202f346'],
  [1_234_567, '1\u202f234\u202f567'],
  [-5, '-5'],
  [Infinity, 'unbounded'],
])('writes %d as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('gives a value its unit and says when there is none', () => {
  expect(formatValue(2940, 'ms')).toBe('2.9 s');
  expect(formatValue(99.4, '%')).toBe('99.4 %');
  expect(formatValue(1.13, 'ratio')).toBe('1.13');
  expect(formatValue(3, 'attempts')).toBe('3 attempts');
  expect(formatValue(null, 'ms')).toBe('n/a');
});

test('puts the limit beside the value', () => {
  expect(formatFigure({ name: 'too early', value: 3, unit: 'attempts', limit: 0 })).toBe(
    'too early 3 attempts (limit 0)',
  );
  expect(formatFigure({ name: 'p95', value: 3000, unit: 'ms', limit: 1500 })).toBe('p95 3 s (limit 1.5 s)');
  expect(formatFigure({ name: 'n', value: 12, unit: '' })).toBe('n 12');
});

test('writes moments and sizes', () => {
  expect(formatMoment(50_009)).toBe('50 s');
  expect(formatMoment(-40)).toBe('0 s');
  expect(formatBytes(1023)).toBe('1023 B');
  expect(formatBytes(1_310_000)).toBe('1.249 MiB');
});
