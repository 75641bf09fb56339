/** What the charts of models have in common: rows, labels, the range of the accuracy axis. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { modelLabels } from './findings.ts';
import { visible } from './visible.ts';

/** Pixels at the charts' size: the widest of the cards' names in DejaVu Sans, the widest of the common system fonts. */
export const letterWidth = 6.9;
const longestLabel = 27;

export interface ChartRow {
  /** Place in the run record; rows are told apart by it, as labels may be shortened to the same text. */
  place: number;
  label: string;
  model: ModelResult;
}

export function chartRows(record: RunRecord): ChartRow[] {
  return modelLabels(record).map((label, place) => ({
    place,
    label: shorten(visible(label)),
    model: record.models[place],
  }));
}

/** Long names lose their middle, since both ends tell variants apart. */
function shorten(label: string): string {
  if (label.length <= longestLabel) return label;
  const half = (longestLabel - 1) >> 1;
  return `${label.slice(0, half)}…${label.slice(-half)}`;
}

/** From a little below the lowest mark to a little above the highest, within 0 to 1. */
export function accuracyDomain(
  rows: readonly (Pick<Metric, 'low' | 'high'> & { published: number | null })[],
): [number, number] {
  const marks = rows.flatMap(({ low, high, published }) => [low, high, published ?? low]);
  const low = Math.min(1, ...marks);
  const high = Math.max(0, ...marks);
  const margin = Math.max(0.005, (high - low) * 0.06);
  return [Math.max(0, low - margin), Math.min(1, high + margin)];
}

/** `77.5%`, `80%` */
export const shortPercent = (value: number) => `${Number((value * 100).toFixed(1))}%`;
