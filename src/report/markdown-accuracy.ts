/** The accuracy tables of report.md: the figures beside the published ones, then the counts and intervals. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { modelLabels, statusOf } from './findings.ts';
import { escaped, escapedSentence, table } from './markdown-text.ts';
import { asPublished, fraction, grouped, inUnits, signedFraction } from './numbers.ts';
import { agreementWord, differenceOf, publishedWords } from './published.ts';

type Mark = (text: string) => string;

export function accuracySection(record: RunRecord): string {
  const labels = modelLabels(record);
  const { mark } = statusOf(record);
  const marked: Mark = (text) => (mark ? `${text} (${mark})` : text);
  const rows = record.models.map((model, index) => [
    escaped(labels[index]),
    marked(fraction(model.accuracy.top1.fraction)),
    marked(fraction(model.accuracy.top5.fraction)),
    ...publishedCells(model),
    ...(['top1', 'top5'] as const).map((metric) =>
      differenceCell(model, { metric, record, marked }),
    ),
    ...referenceCells(model),
    ...costCells(model),
  ]);
  const header = [
    'Models',
    'Top1',
    'Top5',
    'Published<br>top1',
    'Published<br>top5',
    'Difference<br>top1',
    'Difference<br>top5',
    'Reference<br>top1',
    'Reference<br>top5',
    'FLOPS<br>(G)',
    'Parameters<br>(M)',
  ];
  return [
    '## Accuracy',
    table(header, rows),
    ...publishedWords(record).map(escapedSentence),
    intervals(record, marked),
  ].join('\n\n');
}

function publishedCells({ published }: ModelResult): string[] {
  if (!published) return ['-', '-'];
  const { top1, top5, digits } = published;
  return [asPublished(top1, digits), asPublished(top5, digits)];
}

function differenceCell(
  model: ModelResult,
  { metric, record, marked }: { metric: 'top1' | 'top5'; record: RunRecord; marked: Mark },
): string {
  const found = differenceOf(model, metric, record);
  if (!found) return '-';
  return twoLines(marked(signedFraction(found.difference)), agreementWord(found.agrees));
}

function referenceCells({ published }: ModelResult): string[] {
  const reference = published?.reference;
  return reference ? [asPublished(reference.top1), asPublished(reference.top5)] : ['-', '-'];
}

/** Of the artifact's graph, and below it what is printed. */
function costCells({ cost, published }: ModelResult): string[] {
  const cell = (figure: 'flops' | 'params', unit: number) => {
    const printed = published?.cost?.[figure];
    return twoLines(
      cost ? inUnits(cost[figure], unit) : '-',
      printed === undefined ? null : `printed ${inUnits(printed, unit)}`,
    );
  };
  return [cell('flops', 1e9), cell('params', 1e6)];
}

const twoLines = (first: string, second: string | null) =>
  second === null ? first : `${first}<br>${second}`;

function intervals(record: RunRecord, marked: Mark): string {
  const labels = modelLabels(record);
  const cells = ({ correct, low, high }: Metric, expected: number) => [
    marked(`${grouped(correct)} / ${grouped(expected)}`),
    marked(`${fraction(low)} to ${fraction(high)}`),
  ];
  const interval = '95% Wilson interval,<br>for unseen images';
  return table(
    ['Models', 'Top1<br>correct / expected', interval, 'Top5<br>correct / expected', interval],
    record.models.map(({ accuracy: { expected, top1, top5 } }, index) => [
      escaped(labels[index]),
      ...cells(top1, expected),
      ...cells(top5, expected),
    ]),
  );
}
