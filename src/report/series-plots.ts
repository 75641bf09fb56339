/** The plots of a page: accuracy against cost, against time and against throughput. */
import type { RunLatency } from '../scoring/latency-record.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import type { SeriesModel } from '../scoring/series.ts';
import { significant } from './latency-rows.ts';
import { inUnits, percent } from './numbers.ts';
import { pageRows } from './page-rows.ts';
import type { Scatter, ScatterPoint } from './scatter.ts';
import { capitalised, visible } from './visible.ts';

export interface SeriesPlot {
  /** Of its file, without an ending. */
  name: string;
  caption: string;
  scatter: Scatter;
}

/** The folder of the plots beside the report, and the file of one of them. */
export const plotFolder = 'plots/';
export const plotFile = ({ name }: Pick<SeriesPlot, 'name'>) => `${name}.png`;

/** Those of which there are two points at least. */
export function seriesPlots(record: RunRecord): SeriesPlot[] {
  const measured = measuredOf(record);
  const plots = [
    costPlot(record, { measured, figure: 'flops', unit: 1e9, sign: 'G', what: 'FLOPs' }),
    costPlot(record, { measured, figure: 'params', unit: 1e6, sign: 'M', what: 'parameters' }),
    timePlot(record, { measured, precision: 'fp32' }),
    timePlot(record, { measured, precision: 'fp16' }),
    throughputPlot(record, measured),
  ];
  return plots.filter(({ scatter: { points } }) => points.length > 1);
}

/** A model of the run, and what its points have in common. */
interface Measured {
  model: ModelResult;
  label: string;
  family: string | null;
}

function measuredOf(record: RunRecord): Measured[] {
  return pageRows(record).flatMap(({ label, result, series }) =>
    result ? [{ model: result, label: visible(label), family: series?.family ?? null }] : [],
  );
}

function measuredPoint(
  { model: { accuracy }, label, family }: Measured,
  { x, words }: { x: number; words: string },
): ScatterPoint {
  const { fraction: y, low, high } = accuracy.top1;
  const title = `${label}: ${percent(y)}, ${words}`;
  return { label, family, measured: true, x, y, low, high, title };
}

function publishedPoint(
  { id, family, published }: SeriesModel,
  { x, words }: { x: number; words: string },
): ScatterPoint {
  const title = `${id}, published: ${percent(published.top1)}, ${words}`;
  return { label: id, family, measured: false, x, y: published.top1, title };
}

interface CostAxis {
  measured: Measured[];
  figure: 'flops' | 'params';
  unit: number;
  sign: string;
  what: string;
}

/** What is printed and what the graph costs of one model are joined, and named once. */
function costPlot({ series }: RunRecord, axis: CostAxis): SeriesPlot {
  const { figure, unit, sign, what } = axis;
  const spot = (count: number) => ({ x: count / unit, words: `${inUnits(count, unit)} ${sign}` });
  const own = axis.measured.flatMap((one) => {
    const count = one.model.cost?.[figure] ?? 0;
    return count > 0 ? [{ card: one.model.card, point: measuredPoint(one, spot(count)) }] : [];
  });
  const printed = series.flatMap((model) => {
    const count = model.published.cost?.[figure] ?? 0;
    if (count === 0) return [];
    const { label, ...point } = publishedPoint(model, spot(count));
    const partners = own.filter(({ card }) => card === model.id);
    return [{ point: { ...point, label: partners.length > 0 ? null : label }, partners }];
  });
  return {
    name: `top1-${figure}`,
    caption: `${capitalised(what)}: measured by the artifact's own graph${printed.length > 0 ? ', published as printed, by another rule; a line joins the two of one model' : ''}. ${intervalWords}`,
    scatter: {
      title: `Top-1 accuracy against ${what}`,
      xLabel: `${capitalised(what)} (${sign})`,
      points: [...printed, ...own].map(({ point }) => point),
      joined: printed.flatMap(({ point, partners }) =>
        partners.map((partner) => [point, partner.point] as const),
      ),
    },
  };
}

const intervalWords = 'Bars: 95% interval, for unseen images.';

function timePlot(
  { latency, series }: RunRecord,
  { measured, precision }: { measured: Measured[]; precision: 'fp32' | 'fp16' },
): SeriesPlot {
  const device = bestKnownDevice(series);
  const words = (ms: number, where: string) => ({ x: ms, words: `${significant(ms)} ms ${where}` });
  const published = series.flatMap((model) => {
    const cell = model.latency.cells.find(
      (one) => one.device === device && one.precision === precision && one.batch === 1,
    );
    return cell?.ms ? [publishedPoint(model, words(cell.ms, `on a ${device}`))] : [];
  });
  const own = measured.flatMap((one) => {
    if (one.model.precision !== precision) return [];
    const cell = cellsOf(latency, one.model).find(({ batch }) => batch === 1);
    return cell?.measured?.imagesPerQuery === 1
      ? [measuredPoint(one, words(cell.measured.mean.value, 'here'))]
      : [];
  });
  const name = precision.toUpperCase();
  return {
    name: `top1-${precision}-time`,
    caption: `${name}, batch 1: measured on this machine${published.length > 0 ? `, published on a ${device}: other machines and runtimes, so no ratio is formed` : ''}. ${intervalWords}`,
    scatter: {
      title: `Top-1 accuracy against ${name} time of one image`,
      xLabel: `${name} time, batch 1 (ms)`,
      points: [...published, ...own],
    },
  };
}

/** The one with most figures. */
function bestKnownDevice(series: readonly SeriesModel[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { device } of series.flatMap(({ latency }) => latency.cells)) {
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).at(0)?.[0];
}

function cellsOf(latency: RunLatency | null, { id, precision }: ModelResult) {
  if (latency?.kind !== 'latency') return [];
  return latency.cells.filter((cell) => cell.model === id && cell.precision === precision);
}

/** Each model at the batch at which it is fastest. */
function throughputPlot({ latency }: RunRecord, measured: Measured[]): SeriesPlot {
  const points = measured.flatMap((one) => {
    const rates = cellsOf(latency, one.model).flatMap((cell) =>
      cell.measured ? [{ batch: cell.batch, x: cell.measured.imagesPerSecond.value }] : [],
    );
    const [best] = rates.sort((a, b) => b.x - a.x);
    if (!best) return [];
    return [
      measuredPoint(one, {
        x: best.x,
        words: `${significant(best.x)} images/s at batch ${best.batch}`,
      }),
    ];
  });
  return {
    name: 'top1-throughput',
    caption: `Measured on this machine, each model at its fastest batch. No other model is both faster and more accurate than one on the front. ${intervalWords}`,
    scatter: {
      title: 'Top-1 accuracy against measured throughput',
      xLabel: 'Images a second',
      points,
      front: paretoFront(points),
    },
  };
}

/** The points than which no other is as far right and higher, or as high and further right; from left to right. */
export function paretoFront<T extends { x: number; y: number }>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of [...points].sort((a, b) => b.x - a.x || b.y - a.y)) {
    const highest = front.at(-1);
    if (!highest || point.y > highest.y) front.push(point);
  }
  return front.reverse();
}
