/** Telling GitHub Actions: annotations on stderr, where the runner reads them as well, and the summary of the step. */
import { appendFile } from 'node:fs/promises';
import type { Environment } from '../config.ts';
import { messageOf } from '../errors.ts';
import { comparisonAnnotations } from '../report/annotations.ts';
import { comparisonMarkdown } from '../report/comparison-markdown.ts';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { tell } from './out.ts';

export async function tellGithub(
  record: ComparisonRecord,
  { stepSummary }: Environment['github'],
): Promise<void> {
  for (const annotation of comparisonAnnotations(record)) tell(annotation);
  if (stepSummary === undefined) return;
  try {
    await appendFile(stepSummary, `${comparisonMarkdown(record)}\n`);
  } catch (error) {
    tell(`warning: the step summary ${stepSummary} cannot be written: ${messageOf(error)}`);
  }
}
