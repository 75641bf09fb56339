/** Tables of the HTML report. */
import { type Markup, markup, type Part } from '../markup.ts';

export interface TableOptions {
  header: readonly Part[];
  /** Each row is its cells, made with `cell`, `textCell` or `numberCell`. */
  rows: readonly (readonly Markup[])[];
  /** Class names of the table element. */
  look?: string;
  sortable?: boolean;
  /** Header cells over text, counted from 0; the first column is text anyway. */
  textColumns?: readonly number[];
}

export function tableOf({
  header,
  rows,
  look = '',
  sortable = false,
  textColumns = [],
}: TableOptions): Markup {
  const cells = header.map((cell, column) =>
    column > 0 && textColumns.includes(column)
      ? markup`<th scope="col" class="text">${cell}</th>`
      : markup`<th scope="col">${cell}</th>`,
  );
  const sort = sortable && rows.length > 1 ? markup` data-sortable` : null;
  return markup`<table class="${look}"${sort}><thead><tr>${cells}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${row}</tr>\n`)}</tbody></table>`;
}

export const cell = (content: Part): Markup => markup`<td>${content}</td>`;

/** Text of others: wraps, and its direction cannot spill over. */
export const textCell = (text: string): Markup => markup`<td class="text"><bdi>${text}</bdi></td>`;

/** `value` is what the column is sorted by. */
export const numberCell = (value: number, content: Part): Markup =>
  markup`<td data-v="${value}">${content}</td>`;

export function folded(summary: Part, content: Part, look = ''): Markup {
  return markup`<details class="${look}"><summary>${summary}</summary><div>${content}</div></details>\n`;
}

export function pairs(entries: readonly (readonly [string, Part])[]): Markup {
  return markup`<dl class="pairs">${entries.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export const bulletList = (items: readonly Part[]): Markup =>
  markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
