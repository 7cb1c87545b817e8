/** What a page has between two comments, and under which heading it comes where it has none of them yet. */
export interface Place {
  readonly name: string;
  readonly heading: string;
}

/** The page with the text of a place replaced; at its end where it has none. */
export function published(page: string, { name, heading }: Place, text: string): string {
  const [begin, end] = markersOf(name);
  const block = `${begin}\n\n${text}\n\n${end}`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) return `${page.trimEnd()}\n\n## ${heading}\n\n${block}\n`;
  return page.slice(0, from) + block + page.slice(to + end.length);
}

export function markersOf(name: string): readonly [begin: string, end: string] {
  return [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
}
