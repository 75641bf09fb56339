/** night.md: the morning's page, with the comparison below the line. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { comparableNights, fallOf } from '../scoring/history-entry.ts';
import type { Night } from '../scoring/night-record.ts';
import { comparisonMarkdown } from './comparison-markdown.ts';
import { fallWords } from './history-words.ts';
import { bullets, escaped, escapedSentence, table } from './markdown-text.ts';
import { nightLatencyTable } from './night-latency.ts';
import { type NightHistory, nightGateTable } from './night-words.ts';
import { grouped, instant, percent } from './numbers.ts';

const nightsShown = 7;

export function nightMarkdown(
  night: Night,
  { comparison, history }: { comparison: ComparisonRecord | null; history: NightHistory },
): string {
  const sections = [
    `# ${escaped(night.name)}: ${night.verdict}`,
    escapedSentence(night.line),
    night.notes.length > 0 ? bullets(night.notes.map(escapedSentence)) : null,
    listed(nightGateTable(night)),
    listed(nightLatencyTable(night)),
    ...history.map(({ label, entries }) => trend(label, entries)),
    comparison && comparisonMarkdown(comparison).trimEnd(),
  ];
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

function listed({ head, rows }: { head: string[]; rows: string[][] }): string | null {
  return rows.length === 0
    ? null
    : table(
        head,
        rows.map((row) => row.map(escaped)),
      );
}

function trend(label: string, entries: NightHistory[number]['entries']): string {
  const nights = comparableNights(entries);
  const fall = fallOf(nights);
  const shown = table(
    ['Night', 'Top-1', 'Right', 'Verdict'],
    nights
      .slice(-nightsShown)
      .toReversed()
      .map(({ at, correct, images, verdict }) => [
        instant(at),
        percent(correct.top1 / images),
        grouped(correct.top1),
        verdict ?? '-',
      ]),
  );
  return [
    `## Nights of ${escaped(label)}`,
    shown,
    ...(fall ? [escapedSentence(fallWords(fall))] : []),
  ].join('\n\n');
}
