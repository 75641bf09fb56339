/** Tables of plain text. */
import Table from 'cli-table3';
import { visible } from './visible.ts';

export interface PlainTable {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Columns that are set flush right. */
  right?: readonly number[];
}

const bare = Object.fromEntries(
  ['top', 'bottom', 'left', 'mid', 'right']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((place) => [place, '']),
);

/** Columns two spaces apart, no colours and no boxes: the same in a terminal and in a file; no line feed at the end. */
export function plainTable({ head, rows, right = [] }: PlainTable): string {
  const table = new Table({
    chars: { ...bare, middle: '  ' },
    head: [...head],
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map(visible)));
  return table.toString().replace(/ +$/gm, '');
}
