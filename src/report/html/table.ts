/** Tables of the HTML report. */
import type { Footnotes } from '../footnotes.ts';
import { type Markup, markup, type Part } from '../markup.ts';

export interface TableOptions {
  header: readonly Part[];
  /** A row of heads above, each over so many columns. */
  groups?: readonly { name: string; span: number }[];
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
  groups = [],
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
  const above =
    groups.length > 0
      ? markup`<tr class="groups">${groups.map(({ name, span }) => markup`<th colspan="${span}" scope="colgroup">${name}</th>`)}</tr>`
      : null;
  const sort = sortable && rows.length > 1 ? markup` data-sortable` : null;
  return markup`<table class="${look}"${sort}><thead>${above}<tr>${cells}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${row}</tr>\n`)}</tbody></table>`;
}

export const cell = (content: Part): Markup => markup`<td>${content}</td>`;

/** Text of others: wraps, and its direction cannot spill over. */
export const textCell = (text: string): Markup => markup`<td class="text"><bdi>${text}</bdi></td>`;

/** `value` is what the column is sorted by; without one the row is sorted to the end. */
export const numberCell = (value: number | null, content: Part): Markup =>
  markup`<td data-v="${value}">${content}</td>`;

/** A place without a figure, and the number of the reason. */
export const dashCell = (footnotes: Footnotes, reason: string): Markup =>
  numberCell(null, footnotes.marked('-', reason));

/** The name of a model; a long one may break after a sign that joins its parts. */
export function modelCell(label: string): Markup {
  const parts = label
    .split(/(?<=[_.-])/)
    .map((part, index) => (index === 0 ? part : markup`<wbr>${part}`));
  return markup`<td class="model"><bdi>${parts}</bdi></td>`;
}

/** What the numbers in a table stand for. */
export function reasonList(footnotes: Footnotes): Markup | null {
  const reasons = footnotes.reasons();
  if (reasons.length === 0) return null;
  return markup`<ol class="reasons">${reasons.map((reason) => markup`<li><bdi>${reason}</bdi></li>`)}</ol>\n`;
}

export const quiet = (text: string): Markup => markup`<span class="quiet">${text}</span>`;

export function folded(summary: Part, content: Part, look = ''): Markup {
  return markup`<details class="${look}"><summary>${summary}</summary><div>${content}</div></details>\n`;
}

export function pairs(entries: readonly (readonly [string, Part])[]): Markup {
  return markup`<dl class="pairs">${entries.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export const bulletList = (items: readonly Part[]): Markup =>
  markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
