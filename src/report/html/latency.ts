/** Speed in the HTML report: the tables of the page, and every cell of the run's own measurement. */
import type { LatencyRecord } from '../../scoring/latency-record.ts';
import type { RunRecord } from '../../scoring/run-record.ts';
import { latencyHead, latencyMethod, latencyNotes, latencyRows } from '../latency-rows.ts';
import { type Markup, markup } from '../markup.ts';
import { type SpeedCell, type SpeedTable, speedTables } from '../speed-tables.ts';
import {
  bulletList,
  cell,
  folded,
  modelCell,
  numberCell,
  quiet,
  reasonList,
  tableOf,
  textCell,
} from './table.ts';

export function speed(record: RunRecord): Markup[] {
  return speedTables(record).map(
    (table) => markup`<section><h2>${table.title}</h2>
<div class="scroll">${speedTable(table)}</div>
${reasonList(table.footnotes)}${table.words.map((words) => markup`<p class="quiet">${words}</p>\n`)}</section>\n`,
  );
}

function speedTable({ columns, rows }: SpeedTable): Markup {
  const here = columns.filter(({ device }) => device === null).length;
  const [beside] = columns.slice(here);
  const lines = (head: readonly string[]) =>
    head.map((line, index) => (index === 0 ? line : markup`<br>${line}`));
  return tableOf({
    groups: [
      { name: '', span: 3 },
      { name: 'This machine', span: here },
      ...(beside?.device ? [{ name: beside.device, span: columns.length - here }] : []),
    ],
    header: ['Model', 'Crop', 'Resize short', ...columns.map(({ head }) => lines(head))],
    rows: rows.map(({ label, crop, resizeShort, cells }) => [
      modelCell(label),
      cell(crop),
      cell(resizeShort),
      ...cells.map(speedCell),
    ]),
    look: columns.length > 6 ? 'figures many' : 'figures',
    sortable: true,
  });
}

const speedCell = ({ text, half, fault, value }: SpeedCell) =>
  numberCell(value, [
    text,
    half && markup`<small>${half}</small>`,
    fault && markup`<small class="differs">${fault}</small>`,
  ]);

/** Every cell with its percentiles; nothing when no latency was asked for. */
export function latency({ latency: measured }: RunRecord): Markup | null {
  if (measured === null) return null;
  const content =
    measured.kind === 'unmeasured'
      ? markup`<p>It could not be measured: ${measured.reason}</p>`
      : cells(measured);
  return folded(['Latency', quiet('percentiles, throughput, memory, method')], content);
}

function cells(record: LatencyRecord): Markup {
  const notes = latencyNotes(record);
  const table = tableOf({
    header: latencyHead,
    textColumns: [latencyHead.length - 1],
    look: 'dense',
    rows: latencyRows(record).map((row) =>
      row.map((text, column) =>
        column === 0 || column === row.length - 1 ? textCell(text) : cell(text),
      ),
    ),
  });
  return markup`<div class="scroll">${table}</div>
${notes.length > 0 ? bulletList(notes) : null}<h3>How latency was measured</h3>${bulletList(latencyMethod(record))}`;
}
