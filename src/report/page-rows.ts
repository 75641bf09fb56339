/** The rows of a page: every card of the series, measured or not, then the models that have no card. */
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import type { SeriesModel } from '../scoring/series.ts';
import { modelLabels } from './findings.ts';

export interface PageRow {
  label: string;
  /** Null for a card that no model of the run has. */
  result: ModelResult | null;
  published: ModelResult['published'];
  /** The card; null for a model without one. */
  series: SeriesModel | null;
}

/** Why a card's row has nothing measured. */
export const notInRun = 'not in this run';

/** In the order of the series; without one in the record's order. */
export function pageRows(record: Pick<RunRecord, 'models' | 'series'>): PageRow[] {
  const labels = modelLabels(record);
  const measured = record.models.map((result, index): PageRow & { result: ModelResult } => {
    const series = record.series.find(({ id }) => id === result.card) ?? null;
    return { label: labels[index], result, published: result.published, series };
  });
  const ofSeries = record.series.flatMap((series): PageRow[] => {
    const own = measured.filter((row) => row.series === series);
    const { id: label, published } = series;
    return own.length > 0 ? own : [{ label, result: null, published, series }];
  });
  return [...ofSeries, ...measured.filter(({ series }) => series === null)];
}
