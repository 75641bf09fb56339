/** From the run record to the files of a run folder: the record is all that a report needs. */
import type { RunRecord } from '../scoring/run-record.ts';
import { renderCsv } from './csv.ts';
import { renderHtml } from './html/page.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';

const renderJson = (record: RunRecord) => `${JSON.stringify(record, null, 2)}\n`;

/** Every format of a report and what writes it; equal records give equal text. */
export const formats = {
  md: renderMarkdown,
  html: renderHtml,
  json: renderJson,
  csv: renderCsv,
  junit: renderJunit,
} satisfies Record<string, (record: RunRecord) => string>;

export type Format = keyof typeof formats;

const fileNames: Record<Format, string> = {
  md: 'report.md',
  html: 'report.html',
  json: 'report.json',
  csv: 'report.csv',
  junit: 'junit.xml',
};

export function render(record: RunRecord, format: Format): string {
  return formats[format](record);
}

/** The files of a run folder that are written from the run record. */
export function runFolderFiles(record: RunRecord): { name: string; content: string }[] {
  return (Object.keys(formats) as Format[]).map((format) => ({
    name: fileNames[format],
    content: render(record, format),
  }));
}
