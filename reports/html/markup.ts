import { plainText } from '../plain-text.ts';

/** A piece of HTML that is known to be safe: made by `markup` below or by a renderer of ours. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | Markup | readonly Markup[];

/** HTML with its gaps filled in. Text is stripped of controls and credentials, and escaped; only `Markup` goes in as it is. */
export function markup(pieces: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return {
    markup: pieces.map((piece, index) => piece + (index < values.length ? fill(values[index] ?? '') : '')).join(''),
  };
}

/** Takes text for HTML without a look at it: for style sheets, scripts and drawings of ours, never for words of a record. */
export function trusted(markup: string): Markup {
  return { markup };
}

export const nothing: Markup = { markup: '' };

function fill(value: Value): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeHtml(plainText(value));
  return 'markup' in value ? value.markup : value.map((one) => one.markup).join('');
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
