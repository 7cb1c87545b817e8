import { expect, test } from 'vitest';
import { pageStyle } from '../../../reports/html/page-style.ts';

const [light = '', dark = ''] = pageStyle.split('@media (prefers-color-scheme:dark)');

/** The colours of a mode; the dark one says only what differs. */
function coloursOf(mode: 'light' | 'dark'): Map<string, string> {
  const read = (css: string): [string, string][] =>
    [...css.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})\b/g)].map(([, name = '', value = '']) => [name, value]);
  return new Map(mode === 'light' ? read(light) : [...read(light), ...read(dark)]);
}

/** WCAG 2 relative luminance. */
function luminance(colour: string): number {
  const digits = (colour.length === 4 ? colour.replace(/[0-9a-f]/g, '$&$&') : colour).match(/[0-9a-f]{2}/g) ?? [];
  const [red = 0, green = 0, blue = 0] = digits.map((pair) => {
    const share = Number.parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].toSorted((left, right) => left - right);
  return (bright + 0.05) / (dim + 0.05);
}

const outcomes = ['pass', 'fail', 'inconclusive', 'invalid'];

test.each(['light', 'dark'] as const)('keeps text readable in %s mode', (mode) => {
  const colours = coloursOf(mode);
  const of = (name: string): string => colours.get(name) ?? '';
  const pairs: [string, string][] = [
    ...['page', 'surface', ...outcomes.map((outcome) => `${outcome}-tint`)].flatMap((ground): [string, string][] => [
      [of('ink'), of(ground)],
      [of('quiet'), of(ground)],
    ]),
    [of('link'), of('page')],
    ...outcomes.map((outcome): [string, string] => ['#fff', of(outcome)]),
    ...['warm-up', 'baseline', 'fault', 'recovery'].map((kind): [string, string] => [of('ink'), of(`strip-${kind}`)]),
  ];
  for (const [text, ground] of pairs)
    expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
});

test.each(['light', 'dark'] as const)('keeps lines visible on the page in %s mode', (mode) => {
  const colours = coloursOf(mode);
  for (let line = 1; line <= 5; line++) {
    const colour = colours.get(`line-${line}`) ?? '';
    expect(contrast(colour, colours.get('page') ?? ''), colour).toBeGreaterThanOrEqual(3);
  }
});
