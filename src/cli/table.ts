/** Tables in the terminal. */
import Table from 'cli-table3';
import { visible } from '../report/visible.ts';

export interface TableContent {
  head: string[];
  rows: string[][];
  /** Columns that are set flush right. */
  right?: number[];
}

const bare = Object.fromEntries(
  ['top', 'bottom', 'left', 'mid', 'right']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((place) => [place, '']),
);

/** Columns two spaces apart, no colours and no boxes: the same in a terminal and in a file. */
export function renderTable({ head, rows, right = [] }: TableContent): string {
  const table = new Table({
    chars: { ...bare, middle: '  ' },
    head,
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map(visible)));
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}
