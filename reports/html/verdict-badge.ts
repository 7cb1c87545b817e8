import type { VerdictOutcome } from '../../harness/record.ts';
import { verdictWords } from '../verdict-words.ts';
import { markup, type Markup } from './markup.ts';

/** Word and symbol, and a colour that only repeats them. */
export function verdictBadge(outcome: VerdictOutcome): Markup {
  const { word, symbol } = verdictWords[outcome];
  return markup`<span class="badge badge-${outcome}"><span aria-hidden="true">${symbol}</span> ${word}</span>`;
}
