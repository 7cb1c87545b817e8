import type { VerdictOutcome } from '../../harness/record.ts';
import { verdictWords } from '../verdict-words.ts';
import { html, type Markup } from './markup.ts';

/** Word and symbol, and a colour that only repeats them. */
export function verdictBadge(outcome: VerdictOutcome): Markup {
  const { word, symbol } = verdictWords[outcome];
  return html`<span class="badge badge-${outcome}"><span aria-hidden="true">${symbol}</span> ${word}</span>`;
}
