/** The cost of a graph by every convention, in the terminal. */
import type { Costs } from '../onnx/conventions.ts';
import { grouped } from '../report/numbers.ts';
import { renderTable } from './table.ts';

export function costTable(costs: Costs): string {
  return renderTable({
    head: ['convention', 'parameters', 'operations', ''],
    right: [1, 2],
    rows: Object.entries(costs).map(([convention, cost]) => [
      convention,
      grouped(cost.params),
      grouped('macs' in cost ? cost.macs : cost.flops),
      'macs' in cost ? 'MACs' : 'FLOPs',
    ]),
  });
}
