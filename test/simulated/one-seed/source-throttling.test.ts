import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('source-throttling', [11]);
