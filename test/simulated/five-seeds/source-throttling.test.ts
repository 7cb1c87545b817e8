import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('source-throttling', [1, 2, 3, 4, 5]);
