/** The models of a comparison, and what they are called in its reports. */
import type { ComparisonRecord, ModelComparison, Refusal } from '../scoring/comparison-record.ts';
import type { ModelKey } from '../scoring/records.ts';

export function comparedModels({ models }: ComparisonRecord): ModelComparison[] {
  return models.filter((model) => 'metrics' in model);
}

/** `b0`, `b0 (fp16)`, `b0-int8 against b0`: as much as tells the models of this comparison apart. */
export function pairLabel(
  { id, precision, against }: Pick<Refusal, 'id' | 'precision' | 'against'>,
  record: ComparisonRecord,
): string {
  const own = modelLabel({ id, precision }, record);
  const other = against ? modelLabel(against, record) : own;
  return own === other ? own : `${own} against ${other}`;
}

/** `b0`, or `b0 (fp16)` where the comparison has several precisions. */
export function modelLabel({ id, precision }: ModelKey, { models }: ComparisonRecord): string {
  const precisions = models.flatMap((model) => [model, model.against ?? model]);
  const several = precisions.some((other) => other.precision !== precision);
  return several ? `${id} (${precision})` : id;
}

/** `b0, b1, b2 and 3 more` */
export function someOf(names: readonly string[]): string {
  return names.length > 4
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ');
}
