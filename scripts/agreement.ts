/**
 * How far the worlds agree: the verdicts that `npm test` and `npm run test:full` came to with the present code, cell by cell. Run with
 * `npm run agreement [-- --write]`; `--write` puts the table into docs/worlds.md. Exit code 1 where two verdicts of a cell differ or one is
 * missing.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processTerminal } from '../harness/commands/terminal.ts';
import { config } from '../gameday.config.ts';
import { library } from '../scenarios/index.ts';
import { agreementOf } from './agreement/agreement.ts';
import { keptRows } from './agreement/table-file.ts';
import { cellsOf } from './calibration/cells.ts';
import { formatted, publishOn } from './publish-page.ts';

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, seed: { type: 'string', default: '11' } },
});
const page = join(import.meta.dirname, '..', 'docs', 'worlds.md');
const terminal = processTerminal();

const cells = cellsOf(library, config, { good: [], defect: [] });
const { markdown, problems } = agreementOf(cells, keptRows(), Number(values.seed));
terminal.print(await formatted(page, markdown));
for (const problem of problems) terminal.say(problem);
if (values.write && problems.length === 0) await publishOn(page, { name: 'agreement', heading: 'Agreement' }, markdown);
process.exitCode = problems.length > 0 ? 1 : 0;
