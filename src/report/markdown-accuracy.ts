/** The accuracy tables of report.md: the figures beside the published ones, then the counts and intervals. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { modelLabels, statusOf } from './findings.ts';
import { escaped, table } from './markdown-text.ts';
import { asPublished, fraction, grouped, inUnits, signedFraction } from './numbers.ts';

export function accuracySection(record: RunRecord): string {
  const labels = modelLabels(record);
  const { mark } = statusOf(record);
  const marked = (text: string) => (mark ? `${text} (${mark})` : text);
  const rows = record.models.map((model, index) => [
    escaped(labels[index]),
    marked(fraction(model.accuracy.top1.fraction)),
    marked(fraction(model.accuracy.top5.fraction)),
    ...publishedCells(model, marked),
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
    'FLOPs<br>(G)',
    'Parameters<br>(M)',
  ];
  return ['## Accuracy', table(header, rows), intervals(record, marked), ...sources(record)].join(
    '\n\n',
  );
}

function publishedCells(
  { published, accuracy: { top1, top5 } }: ModelResult,
  marked: (text: string) => string,
) {
  if (!published) return ['-', '-', '-', '-'];
  return [
    asPublished(published.top1),
    asPublished(published.top5),
    marked(signedFraction(top1.fraction - published.top1)),
    marked(signedFraction(top5.fraction - published.top5)),
  ];
}

function costCells({ cost }: ModelResult): string[] {
  return cost ? [inUnits(cost.flops, 1e9), inUnits(cost.params, 1e6)] : ['-', '-'];
}

function intervals(record: RunRecord, marked: (text: string) => string): string {
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

function sources({ models }: RunRecord): string[] {
  const named = new Set(models.flatMap(({ published }) => (published ? [published.source] : [])));
  return named.size > 0 ? [`Published figures: ${[...named].map(escaped).join('; ')}.`] : [];
}
