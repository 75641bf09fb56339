/** Accuracy by further label sets, a row for each model and set: what Markdown and HTML both show. */
import type { RunRecord } from '../scoring/run-record.ts';
import { modelLabels } from './findings.ts';
import { grouped, percent } from './numbers.ts';

export const labelSetHeader = ['Model', 'Labels', 'Top-1', 'Top-5', 'Images judged', 'Not judged'];

export const labelSetWords =
  'An answer is right when it is any of the classes that the set has for the image. Images without a class there are not judged; failed ones count as wrong. 95% Wilson intervals, for unseen images.';

/** Empty for a run without further label sets. */
export function labelSetRows(record: RunRecord): string[][] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ labelSets, accuracy: { expected } }, index) =>
    labelSets.map(({ name, judged, top1, top5 }) => [
      labels[index],
      name,
      ...[top1, top5].map(
        ({ fraction, low, high }) => `${percent(fraction)} (${percent(low)} – ${percent(high)})`,
      ),
      grouped(judged),
      grouped(expected - judged),
    ]),
  );
}
