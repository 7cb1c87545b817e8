import { codeBlock, escape } from './markdown.ts';
import { plainText } from './plain-text.ts';
import { grouped, seedList, withoutPass, type SeedRow } from './seed-row.ts';

/** GitHub-flavoured Markdown of many seeds: for each scenario how many passed, which did not and why, and how to repeat the first of them. */
export function renderSeedsMarkdown(rows: readonly SeedRow[]): string {
  const sections = grouped(rows, (row) => row.scenario).map(([scenario, own]) => section(scenario, own));
  return `${(sections.length === 0 ? ['Nothing was run.'] : sections).join('\n\n')}\n`;
}

function section(scenario: string, own: readonly SeedRow[]): string {
  const passed = own.filter(({ outcome }) => outcome === 'pass').length;
  const first = own.find(({ outcome }) => outcome === 'fail') ?? own.find(({ outcome }) => outcome !== 'pass');
  const lines = withoutPass(own).flatMap(({ outcome, reasons }) =>
    reasons.map(({ why, seeds }) => `| ${outcome} | ${seedList(seeds)} | ${escape(why)} |`),
  );
  const blocks = [
    `## ${escape(scenario)}: ${passed} of ${own.length} seeds passed`,
    ...(lines.length === 0 ? [] : [['| verdict | seeds | why |', '| --- | --- | --- |', ...lines].join('\n')]),
    ...(first?.command ? [`Run seed ${first.seed} again:\n\n${codeBlock(plainText(first.command))}`] : []),
  ];
  return blocks.join('\n\n');
}
