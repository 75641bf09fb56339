/** The speed tables of a page: what was measured here, and beside it what is published of another device. */
import type { LatencyCell, RunLatency } from '../scoring/latency-record.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { SeriesModel } from '../scoring/series.ts';
import { type Footnotes, openFootnotes } from './footnotes.ts';
import { quotedText } from './latency-rows.ts';
import { notInRun, type PageRow, pageRows } from './page-rows.ts';
import { nothingPublished, notPublished } from './published.ts';
import { recipeFacts } from './recipe-words.ts';

export interface SpeedColumn {
  /** The device that is written about; null for this machine. */
  device: string | null;
  /** Lines of the head. */
  head: string[];
}

export interface SpeedCell {
  text: string;
  /** Half the width of its interval. */
  half: string | null;
  /** What is wrong with the figure, in a word with the number of its reason. */
  fault: string | null;
  /** What the column is sorted by. */
  value: number | null;
}

export interface SpeedTable {
  title: string;
  columns: SpeedColumn[];
  rows: { label: string; crop: string; resizeShort: string; cells: SpeedCell[] }[];
  footnotes: Footnotes;
  words: string[];
}

interface Shape {
  precision: 'fp32' | 'fp16';
  batch: number;
}

/** A table for each device of the series; for a run without one, a single table of its own figures. */
export function speedTables(record: RunRecord): SpeedTable[] {
  const { latency, series } = record;
  const here = measuredShapes(latency);
  const devices = [...new Set(series.flatMap(({ latency: { cells } }) => cells.map(deviceOf)))];
  if (devices.length === 0) {
    if (here.length === 0) return [];
    return [tableOf(record, { title: 'Speed on this machine', device: null, shapes: here })];
  }
  return devices.map((device, place) => {
    const shapes = shapesOf(series.flatMap((model) => cellsOn(model, device)));
    const further =
      place === devices.length - 1 ? here.filter((one) => !includes(shapes, one)) : [];
    const what = shapes.length === 1 ? 'Speed on this machine' : 'Speed by precision and batch';
    const title = `${what}, beside a ${device}`;
    return tableOf(record, { title, device, shapes, further });
  });
}

const deviceOf = ({ device }: { device: string }) => device;
const cellsOn = ({ latency: { cells } }: SeriesModel, device: string) =>
  cells.filter((cell) => cell.device === device);

const isShape = (a: Shape, b: Shape) => a.precision === b.precision && a.batch === b.batch;
const includes = (shapes: readonly Shape[], shape: Shape) =>
  shapes.some((one) => isShape(one, shape));

function shapesOf(cells: readonly Shape[]): Shape[] {
  const found: Shape[] = [];
  for (const { precision, batch } of cells) {
    if (!includes(found, { precision, batch })) found.push({ precision, batch });
  }
  return found;
}

const measuredShapes = (latency: RunLatency | null) =>
  latency?.kind === 'latency' ? shapesOf(latency.cells) : [];

interface Layout {
  title: string;
  device: string | null;
  /** Columns of this machine, and of the device. */
  shapes: Shape[];
  /** Columns of this machine alone. */
  further?: Shape[];
}

function tableOf(record: RunRecord, { title, device, shapes, further = [] }: Layout): SpeedTable {
  const footnotes = openFootnotes();
  const own = [...shapes, ...further];
  const rows = oneRowAModel(record).map((row) => ({
    label: row.result?.id ?? row.label,
    ...sizesOf(row),
    cells: [
      ...own.map((shape) => measuredCell(row, { shape, record, footnotes })),
      ...(device === null
        ? []
        : shapes.map((shape) => publishedCell(row, { shape, device, footnotes }))),
    ],
  }));
  const head = ({ precision, batch }: Shape) => [precision.toUpperCase(), `batch ${batch}`, '(ms)'];
  const columns = [
    ...own.map((shape): SpeedColumn => ({ device: null, head: head(shape) })),
    ...(device === null ? [] : shapes.map((shape): SpeedColumn => ({ device, head: head(shape) }))),
  ];
  return { title, columns, rows, footnotes, words: wordsOf(record, device) };
}

/** A model at two precisions is one row here: its precisions are columns. */
function oneRowAModel(record: RunRecord): PageRow[] {
  const seen = new Set<string>();
  return pageRows(record).filter(({ result }) => {
    if (!result) return true;
    const isNew = !seen.has(result.id);
    seen.add(result.id);
    return isNew;
  });
}

function sizesOf({ result, series }: PageRow) {
  const facts = result && recipeFacts(result.recipe);
  const crop = facts?.size ?? series?.crop;
  const resizeShort = facts?.resizeShort ?? series?.resizeShort;
  return { crop: String(crop ?? '-'), resizeShort: String(resizeShort ?? '-') };
}

interface MeasuredContext {
  shape: Shape;
  record: RunRecord;
  footnotes: Footnotes;
}

function measuredCell(row: PageRow, { shape, record, footnotes }: MeasuredContext): SpeedCell {
  const found = findMeasured(row, shape, record.latency);
  if (typeof found === 'string') return dash(footnotes, found);
  const { mean, stability, validity } = found;
  const faults = [
    ...(stability.stable ? [] : [`unstable: ${stability.reasons.join('; ')}`]),
    ...(validity.valid ? [] : [`invalid: ${validity.reason}`]),
  ];
  const [text, half] = quotedText(mean).split(' ± ');
  const fault = faults.map((each) => each.split(':')[0]).join(', ');
  return {
    text,
    half: half === undefined ? null : `± ${half}`,
    fault: fault === '' ? null : footnotes.marked(fault, faults.join('; ')),
    value: mean.value,
  };
}

/** The measurement, or the reason why there is none. */
function findMeasured(
  { result }: PageRow,
  shape: Shape,
  latency: RunLatency | null,
): NonNullable<LatencyCell['measured']> | string {
  if (!result) return notInRun;
  if (latency === null) return 'the spec asked for no latency';
  if (latency.kind === 'unmeasured') return latency.reason;
  const cell = latency.cells.find((one) => one.model === result.id && isShape(one, shape));
  if (!cell) return 'not among the batches and precisions of the spec';
  if (!cell.measured) return cell.reason ?? 'not measured';
  const { imagesPerQuery } = cell.measured;
  if (imagesPerQuery === shape.batch) return cell.measured;
  return `a query of mode ${latency.mode} has ${imagesPerQuery} images, which are no batch of ${shape.batch}`;
}

interface PublishedContext {
  shape: Shape;
  device: string;
  footnotes: Footnotes;
}

function publishedCell({ series }: PageRow, context: PublishedContext): SpeedCell {
  const { shape, device, footnotes } = context;
  if (!series) return dash(footnotes, nothingPublished);
  const cell = cellsOn(series, device).find((one) => isShape(one, shape));
  if (cell?.ms == null) return dash(footnotes, notPublished);
  return { ...bare, text: cell.ms.toFixed(3), value: cell.ms };
}

const bare = { half: null, fault: null };

const dash = (footnotes: Footnotes, reason: string): SpeedCell => ({
  ...bare,
  text: footnotes.marked('-', reason),
  value: null,
});

function wordsOf({ latency, series }: RunRecord, device: string | null): string[] {
  const sources = [...new Set(series.map((model) => model.latency.source))];
  const beside =
    device === null
      ? []
      : [
          `${device}: ${sources.join('; ')}. Machines, runtimes and methods differ, so no ratio is formed.`,
        ];
  return [...hereWords(latency), ...beside];
}

function hereWords(latency: RunLatency | null): string[] {
  if (latency?.kind !== 'latency') return [];
  const { environment, restarts, cells } = latency;
  const widened = cells.find(
    ({ precision, arithmetic }) => precision === 'fp16' && arithmetic === 'fp32',
  );
  const interval = cells.some(({ measured }) => measured?.mean.interval)
    ? ', ± the half width of its 95% interval over them'
    : '';
  return [
    `This machine: ${environment.device}, provider ${environment.provider}, ${environment.threads === 1 ? 'one thread' : `${environment.threads} threads`}; the mean of ${restarts === 1 ? 'one process' : `${restarts} processes`}${interval}, copies included, images not.${widened ? ' An fp16 model has fp16 weights here and computes in fp32.' : ''}`,
  ];
}
