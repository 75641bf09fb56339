/** The part of report.md on models that were evaluated at two precisions. */
import type { PrecisionPair } from '../scoring/precision-pair.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import { className } from './classes.ts';
import { driftSentence, flipWords } from './comparison-words.ts';
import { statusOf } from './findings.ts';
import { bullets, code, escaped, table } from './markdown-text.ts';
import { grouped } from './numbers.ts';
import { conversionNotes, precisionHead, precisionRow } from './precision-words.ts';

const flipsShown = 20;

export function precisionSection(record: RunRecord): string | null {
  const { precisions } = record;
  const notes = conversionNotes(record);
  if (notes.length === 0) return null;
  const pairs =
    precisions.length === 0
      ? []
      : [
          'The same images, answered by the same model in fp32 and in fp16.',
          table(
            precisionHead,
            precisions.map((pair) => precisionRow(pair).map(escaped)),
          ),
          ...precisions.flatMap((pair) => flips(pair, record)),
        ];
  const { mark } = statusOf(record);
  return [
    mark ? `## Precision (${mark})` : '## Precision',
    bullets(notes.map(escaped)),
    ...pairs,
  ].join('\n\n');
}

function flips(pair: PrecisionPair, record: RunRecord): string[] {
  if (pair.flips.length === 0) return [];
  const { lost, gained, changed } = pair.churn;
  const all = lost + gained + changed;
  const shown = pair.flips.slice(0, flipsShown);
  const name = (label: number | null) => (label === null ? '-' : escaped(className(record, label)));
  const rows = shown.map(({ key, label, from, to, kind }) => [
    code(key),
    name(label),
    name(from.class),
    name(to.class),
    flipWords[kind],
  ]);
  const drift = driftSentence(pair);
  const words = `${grouped(shown.length)} of ${grouped(all)}, the largest loss of margin first.`;
  const body = [drift, words, table(['Image', 'Label', 'fp32', 'fp16', 'Flip'], rows)].filter(
    (part) => part !== null,
  );
  return [
    `<details>\n<summary>${escaped(pair.id)}: answers that flip</summary>\n\n${body.join('\n\n')}\n\n</details>`,
  ];
}
