/** From the run record to the files of a run folder: the record is all that a report needs. */
import type { RunRecord } from '../scoring/run-record.ts';
import { renderCsv } from './csv.ts';
import { renderHtml } from './html/page.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { Pictures } from './mistake-rows.ts';

interface Additions {
  /** Of wrongly answered images. */
  pictures?: Pictures;
}

const renderJson = (record: RunRecord) => `${JSON.stringify(record, null, 2)}\n`;

/** Every format of a report and what writes it; equal records give equal text. */
export const formats = {
  md: renderMarkdown,
  html: renderHtml,
  json: renderJson,
  csv: renderCsv,
  junit: renderJunit,
} satisfies Record<string, (record: RunRecord, additions: Additions) => string>;

export type Format = keyof typeof formats;

const fileNames: Record<Format, string> = {
  md: 'report.md',
  html: 'report.html',
  json: 'report.json',
  csv: 'report.csv',
  junit: 'junit.xml',
};

/** @param additions what a format that can show it has beside the record */
export function render(record: RunRecord, format: Format, additions: Additions = {}): string {
  return formats[format](record, additions);
}

/** The files of a run folder that are written from the run record. */
export function runFolderFiles(
  record: RunRecord,
  additions: Additions = {},
): { name: string; content: string }[] {
  return (Object.keys(formats) as Format[]).map((format) => ({
    name: fileNames[format],
    content: render(record, format, additions),
  }));
}
