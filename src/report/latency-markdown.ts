/** latency.md: a latency record on a page. */
import { latencyModes } from '../scoring/latency-modes.ts';
import type { LatencyRecord, Measured, RunLatency } from '../scoring/latency-record.ts';
import {
  cellName,
  latencyHead,
  latencyMethod,
  latencyNotes,
  latencyRows,
  quotedText,
  significant,
} from './latency-rows.ts';
import { bullets, escaped, table } from './markdown-text.ts';
import { instant } from './numbers.ts';

export function renderLatency(record: LatencyRecord): string {
  const sections = [
    `# Latency: ${escaped(record.name)}`,
    `${record.status === 'cancelled' ? '**Cancelled before its end.** ' : ''}${escaped(instant(record.finishedAt))}, topfive ${escaped(record.topfive)}.`,
    latencyTable(record),
    '## What the mode asks for',
    modeTable(record),
    '## How this was measured',
    bullets(latencyMethod(record).map(escaped)),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** A run's latency in its report; null when none was asked for. */
export function latencySection(latency: RunLatency | null): string | null {
  if (latency === null) return null;
  const content =
    latency.kind === 'unmeasured'
      ? `It could not be measured: ${escaped(latency.reason)}`
      : `${latencyTable(latency)}\n\n${bullets(latencyMethod(latency).map(escaped))}`;
  return `## Latency\n\n${content}`;
}

/** The table and the notes that belong to it. */
function latencyTable(record: LatencyRecord): string {
  const head = latencyHead.map((name) => name[0].toUpperCase() + name.slice(1));
  const rows = latencyRows(record).map((row) => row.map(escaped));
  const notes = latencyNotes(record);
  const listed = notes.length > 0 ? `\n\n${bullets(notes.map(escaped))}` : '';
  return table(head, rows) + listed;
}

function modeTable(record: LatencyRecord): string {
  const { headline } = latencyModes[record.mode];
  const rows = record.cells.map((cell) => [
    escaped(cellName(cell)),
    cell.measured ? headlineText(cell.measured, headline) : '-',
    cell.measured ? (cell.measured.validity.valid ? 'valid' : 'invalid') : '-',
    escaped(cell.measured?.validity.reason ?? cell.reason ?? ''),
  ]);
  return table(['Cell', headlineNames[headline], 'Verdict', 'Reason'], rows);
}

const headlineNames = {
  p90: 'Early-stopping p90 (ms)',
  p99: 'Early-stopping p99 (ms)',
  mean: 'Mean (ms)',
  imagesPerSecond: 'Images/s',
} as const;

function headlineText(measured: Measured, headline: keyof typeof headlineNames): string {
  if (headline === 'mean' || headline === 'imagesPerSecond') return quotedText(measured[headline]);
  const safe = measured.safe[headline];
  return safe === null ? '-' : significant(safe);
}
