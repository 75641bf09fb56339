/** From the comparison record to its files: the record, and thumbnails where they were made, are all that they need. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { comparisonJunit } from './comparison-junit.ts';
import { comparisonMarkdown } from './comparison-markdown.ts';
import { comparisonText } from './comparison-text.ts';
import { comparisonHtml, type Thumbnails } from './html/comparison.ts';

interface Pictures {
  thumbnails?: Thumbnails;
}

/** Every format of a comparison and what writes it; equal records give equal text. */
const formats = {
  text: comparisonText,
  md: comparisonMarkdown,
  html: comparisonHtml,
  json: (record: ComparisonRecord) => `${JSON.stringify(record, null, 2)}\n`,
  junit: comparisonJunit,
} satisfies Record<string, (record: ComparisonRecord, pictures: Pictures) => string>;

export type ComparisonFormat = keyof typeof formats;

export function renderComparison(
  record: ComparisonRecord,
  { format, ...pictures }: { format: ComparisonFormat } & Pictures,
): string {
  return formats[format](record, pictures);
}

const fileNames = {
  json: 'compare.json',
  md: 'compare.md',
  html: 'compare.html',
  junit: 'junit.xml',
} satisfies Partial<Record<ComparisonFormat, string>>;

/** The files of a comparison; `compare.json` is the record itself. */
export function comparisonFiles(
  record: ComparisonRecord,
  pictures: Pictures = {},
): { name: string; content: string }[] {
  return (Object.keys(fileNames) as (keyof typeof fileNames)[]).map((format) => ({
    name: fileNames[format],
    content: renderComparison(record, { format, ...pictures }),
  }));
}
