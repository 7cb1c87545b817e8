import { keptRows } from '../../../scripts/agreement/table-file.ts';
import { furtherSeeds } from '../../table/cells.ts';
import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('source-throttling', [11, ...furtherSeeds], { known: keptRows() });
