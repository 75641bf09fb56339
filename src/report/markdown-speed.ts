/** The speed tables of report.md. */
import type { RunRecord } from '../scoring/run-record.ts';
import { bullets, escaped, escapedSentence, numbered, table } from './markdown-text.ts';
import { type SpeedCell, type SpeedTable, speedTables } from './speed-tables.ts';

/** Null when nothing is known of any speed. */
export function speedSections(record: RunRecord): string | null {
  const tables = speedTables(record);
  return tables.length > 0 ? tables.map(section).join('\n\n') : null;
}

function cellText({ text, half, fault }: SpeedCell): string {
  const figure = half === null ? text : `${text} ${half}`;
  return fault === null ? figure : `${figure}<br>${fault}`;
}

function section({ title, columns, rows, footnotes, words }: SpeedTable): string {
  const reasons = footnotes.reasons().map(escaped);
  return [
    `## ${title}`,
    table(
      [
        'Models',
        'Crop size',
        'Resize short size',
        ...columns.map(({ device, head }) => [device ?? 'here', ...head].join('<br>')),
      ],
      rows.map(({ label, crop, resizeShort, cells }) => [
        escaped(label),
        crop,
        resizeShort,
        ...cells.map(cellText),
      ]),
    ),
    ...(reasons.length > 0 ? [numbered(reasons)] : []),
    ...(words.length > 0 ? [bullets(words.map(escapedSentence))] : []),
  ].join('\n\n');
}
