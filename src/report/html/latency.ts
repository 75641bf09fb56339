/** Latency in the HTML report: the cells of a run's measurement. */
import type { LatencyRecord } from '../../scoring/latency-record.ts';
import type { RunRecord } from '../../scoring/run-record.ts';
import { latencyHead, latencyMethod, latencyNotes, latencyRows } from '../latency-rows.ts';
import { type Markup, markup } from '../markup.ts';
import { bulletList, cell, folded, tableOf, textCell } from './table.ts';

/** Nothing when none was asked for. */
export function latency({ latency: measured }: RunRecord): Markup | null {
  if (measured === null) return null;
  const content =
    measured.kind === 'unmeasured'
      ? markup`<p>It could not be measured: ${measured.reason}</p>`
      : cells(measured);
  return markup`<section><h2>Latency</h2>
${content}</section>`;
}

function cells(record: LatencyRecord): Markup {
  const notes = latencyNotes(record);
  const table = tableOf({
    header: latencyHead,
    textColumns: [latencyHead.length - 1],
    rows: latencyRows(record).map((row) =>
      row.map((text, column) =>
        column === 0 || column === row.length - 1 ? textCell(text) : cell(text),
      ),
    ),
  });
  return markup`<div class="scroll">${table}</div>
${notes.length > 0 ? bulletList(notes) : null}${folded('How latency was measured', bulletList(latencyMethod(record)))}`;
}
