import { simulatedTable } from '../../table/simulated-table.ts';

simulatedTable('gpu-saturation', [11]);
