import type { Receipt } from '../harness/record.ts';
import { formatMoment, formatNumber } from './format-figure.ts';
import { plainText } from './plain-text.ts';

/** What a fault did, in one line: `quota-cut on crm: 30 s to 50 s, healed, altered 118 of 131 (refused 118)`. */
export function receiptLine(receipt: Receipt): string {
  const figures = Object.entries(receipt.figures).map(([name, value]) => `${name} ${formatNumber(value)}`);
  const span = `${formatMoment(receipt.activeFromMs)} to ${formatMoment(receipt.activeToMs)}`;
  const effect = `altered ${formatNumber(receipt.altered)} of ${formatNumber(receipt.seen)}`;
  const bite = receipt.altered === 0 ? ' - IT NEVER BIT' : '';
  const details = figures.length === 0 ? '' : ` (${figures.join(', ')})`;
  return plainText(`${receipt.fault} on ${receipt.part}: ${span}, ${receipt.ended}, ${effect}${bite}${details}`);
}
