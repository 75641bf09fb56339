/** What a report says of models at two precisions: what the narrower one changes, and what making it lost. */
import type { PrecisionPair } from '../scoring/precision-pair.ts';
import type { Conditions } from '../scoring/records.ts';
import type { ConversionResult, RunRecord } from '../scoring/run-record.ts';
import { modelLabels } from './findings.ts';
import { counted, fraction, grouped, percent, signedFraction } from './numbers.ts';

export const precisionHead = [
  'Model',
  'Same top-1 answer',
  'Right in fp32 only',
  'Right in fp16 only',
  'Wrong in both, differently',
  'Top1 fp32',
  'Top1 fp16',
  'Difference top1',
  'Difference top5',
];

/** The columns of `precisionHead`. */
export function precisionRow({ id, top1, top5, agreement, churn }: PrecisionPair): string[] {
  const { images, baseline, candidate } = top1;
  return [
    id,
    percent(agreement.fraction),
    grouped(top1.onlyBaselineRight),
    grouped(top1.onlyCandidateRight),
    grouped(churn.changed),
    fraction(baseline / images),
    fraction(candidate / images),
    signedFraction((candidate - baseline) / images),
    signedFraction((top5.candidate - top5.baseline) / images),
  ];
}

/** `b0: fp16 gives the same top-1 answer as fp32 on 99.83% of the images (49,915 of 50,000); 30 lost, 25 gained.` */
export function pairSentence({ id, top1, agreement }: PrecisionPair): string {
  const same = `${percent(agreement.fraction)} of the images (${grouped(agreement.images)} of ${grouped(top1.images)})`;
  return agreement.identical
    ? `${id}: every answer in fp16 is that in fp32, to the last bit of its probability.`
    : `${id}: fp16 gives the same top-1 answer as fp32 on ${same}; ${grouped(top1.onlyBaselineRight)} lost, ${grouped(top1.onlyCandidateRight)} gained.`;
}

/** What a precision is on the device that ran it: the CPU computes in fp32 what has fp16 weights. */
export function arithmeticWords({
  precision,
  arithmetic,
}: Pick<Conditions, 'precision' | 'arithmetic'>): string {
  if (precision === 'fp16') return `fp16 weights, ${arithmetic} arithmetic`;
  return arithmetic === precision ? precision : `${precision} in ${arithmetic} arithmetic`;
}

/** What became of the weights of each model that was made of another, and what fp16 means here; a sentence each. */
export function conversionNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ conversion, conditions }, index) =>
    conversion
      ? [
          `${labels[index]}: ${arithmeticWords(conditions)} (provider ${conditions.provider}); ${lossWords(conversion)}.`,
        ]
      : [],
  );
}

function lossWords({ values, clamped, clampedIn, flushed }: ConversionResult): string {
  const listed = clampedIn.slice(0, 3).join(', ');
  const where = clampedIn.length > 3 ? `${listed} and ${clampedIn.length - 3} more` : listed;
  const many = (count: number) => (count === 0 ? 'none' : grouped(count));
  const tensors = clamped > 0 ? ` (in ${where})` : '';
  return `${counted(values, 'weight')} in fp16, of which ${many(clamped)} clamped to ±65504${tensors} and ${many(flushed)} rounded to 0`;
}
