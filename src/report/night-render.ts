/** From a night, its comparison and the history of its models to the files beside its run. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import type { Night } from '../scoring/night-record.ts';
import { comparisonFiles } from './comparison-render.ts';
import { nightHtml } from './html/night.ts';
import { nightMarkdown } from './night-markdown.ts';
import type { NightHistory } from './night-words.ts';

export function nightFiles(
  night: Night,
  { comparison, history }: { comparison: ComparisonRecord | null; history: NightHistory },
): { name: string; content: string }[] {
  const isCompared = comparison !== null;
  const compared = comparison === null ? [] : comparisonFiles(comparison);
  return [
    { name: 'night.json', content: `${JSON.stringify(night, null, 2)}\n` },
    { name: 'night.md', content: nightMarkdown(night, { comparison, history }) },
    { name: 'night.html', content: nightHtml(night, { history, isCompared }) },
    ...compared.map(({ name, content }) => ({ name: `compare/${name}`, content })),
  ];
}
