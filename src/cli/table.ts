/** Tables on stdout. */
import { type PlainTable, plainTable } from '../report/plain-table.ts';

/** Ends with a line feed. */
export function renderTable(table: PlainTable): string {
  return `${plainTable(table)}\n`;
}
