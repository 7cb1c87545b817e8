import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('gpu-saturation', [1, 2, 3, 4, 5]);
