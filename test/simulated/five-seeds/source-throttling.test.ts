import { keptRows } from '../../../scripts/agreement/table-file.ts';
import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('source-throttling', [11, 1, 2, 3, 4], { known: keptRows() });
