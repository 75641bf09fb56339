/** A model by a further set of labels: right where its answer is any of the classes that the set has for the image. */
import { K, type Predictions } from './records.ts';
import type { LabelSetResult } from './run-record.ts';
import { metricOf } from './wilson.ts';

/**
 * Images without a class in the set are not judged, as ReaL has it (Beyer et al. 2020); failed images count as wrong.
 * @param classes right classes of each image, in the order of the predictions
 */
export function scoreLabelSet(
  { name, classes }: { name: string; classes: readonly number[][] },
  { classes: answers }: Predictions,
): LabelSetResult {
  let judged = 0;
  let top1 = 0;
  let top5 = 0;
  for (const [image, right] of classes.entries()) {
    if (right.length === 0) continue;
    judged += 1;
    const place = answers
      .slice(image * K, (image + 1) * K)
      .findIndex((answer) => right.includes(answer));
    if (place === 0) top1 += 1;
    if (place >= 0) top5 += 1;
  }
  return { name, judged, top1: metricOf(top1, judged), top5: metricOf(top5, judged) };
}
