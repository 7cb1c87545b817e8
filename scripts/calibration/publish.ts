/** Between these the table stands. */
export const markers = ['<!-- calibration: begin -->', '<!-- calibration: end -->'] as const;

/** The page with the text between its markers replaced; at its end where it has none. */
export function published(page: string, text: string): string {
  const [begin, end] = markers;
  const block = `${begin}\n\n${text}\n\n${end}`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) return `${page.trimEnd()}\n\n## Calibration\n\n${block}\n`;
  return page.slice(0, from) + block + page.slice(to + end.length);
}
