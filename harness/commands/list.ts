import Table from 'cli-table3';
import { library } from '../../scenarios/index.ts';
import { coverage } from '../coverage.ts';
import { loadTarget } from '../load-target.ts';
import { scenarioLibrary } from './find-scenarios.ts';
import type { Terminal } from './terminal.ts';

/** Lists the scenarios, and which systems they cover; a system without one shows as open. */
export async function listCommand(flags: { target?: string; json?: boolean }, terminal: Terminal): Promise<number> {
  const { config, scenarios: own } = await loadTarget(flags.target);
  const scenarios = scenarioLibrary(library, own);
  const matrix = coverage(scenarios);
  if (flags.json) {
    const listed = scenarios.map(({ name, promise, covers, faults, objectives }) => ({
      name,
      promise,
      covers,
      faults: faults.map((fault) => fault.name),
      objectives: objectives.map((objective) => objective.name),
    }));
    terminal.print(JSON.stringify({ scenarios: listed, coverage: matrix, defects: config.defects ?? [] }, null, 2));
    return 0;
  }
  const table = new Table({
    head: ['scenario', 'promise', 'faults'],
    colWidths: [22, 50, 26],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const scenario of scenarios)
    table.push([scenario.name, scenario.promise, scenario.faults.map((fault) => fault.name).join('\n')]);
  terminal.print(table.toString());
  const rows = new Table({
    head: ['', 'system', 'scenarios'],
    colWidths: [6, 54, 38],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const row of matrix) rows.push([row.id, row.system, row.scenarios.join('\n') || 'open']);
  terminal.print(rows.toString());
  const open = matrix.filter((row) => row.scenarios.length === 0).length;
  terminal.print(`${matrix.length - open} of ${matrix.length} systems covered, ${open} open.`);
  if (config.defects)
    terminal.print(
      `Defects of ${config.name}: ${config.defects.map((defect) => `${defect.id} (${defect.scenario})`).join(', ')}.`,
    );
  return 0;
}
