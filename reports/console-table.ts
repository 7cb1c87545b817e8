import Table from 'cli-table3';

/** A table without lines, but for one of hyphens below its head. Widths are in columns; null = as wide as its longest cell, never cut. */
export function consoleTable(table: {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly widths: readonly (number | null)[];
}): string {
  const drawn = new Table({
    colWidths: [...table.widths],
    wordWrap: true,
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  const rule = table.head.map((title) => '-'.repeat(title.length));
  drawn.push(
    [...table.head],
    rule,
    ...table.rows.map((row) => row.map((cell, column) => breakWords(cell, table.widths[column] ?? null))),
  );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** The table would cut a word that is wider than its column; a cut name or number is worse than a broken one. */
function breakWords(cell: string, width: number | null): string {
  if (width === null || cell.includes('\u001b')) return cell;
  const longest = width - 2;
  return cell.replace(/\S+/g, (word) => word.match(new RegExp(`.{1,${longest}}`, 'gu'))?.join(' ') ?? word);
}
