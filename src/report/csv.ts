/** report.csv: one row a model, with the columns and units of a model zoo's results: percent, millions. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { recipeFacts } from './recipe-words.ts';

type Cell = string | number | null | undefined;

/** One line of comma-separated values, quoted as RFC 4180 asks; null and undefined are empty. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

function csvCell(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** At most six decimals, so that counts up to half a million can be told apart. */
const rounded = (value: number) => Number(value.toFixed(6));
const inPercent = ({ fraction }: Pick<Metric, 'fraction'>) => rounded(fraction * 100);

/**
 * timm's results columns first, in its order and units: `top1`, `top5`, their errors in percent, `param_count` in millions,
 * `crop_pct` a fraction; `interpolation` is the recipe's kernel. Then what timm's files do not say; bounds in percent.
 */
const columns: Record<string, (model: ModelResult, record: RunRecord) => Cell> = {
  model: ({ id }) => id,
  top1: ({ accuracy }) => inPercent(accuracy.top1),
  top1_err: ({ accuracy }) => rounded(100 - inPercent(accuracy.top1)),
  top5: ({ accuracy }) => inPercent(accuracy.top5),
  top5_err: ({ accuracy }) => rounded(100 - inPercent(accuracy.top5)),
  param_count: ({ cost }) => cost && rounded(cost.params / 1e6),
  img_size: ({ recipe }) => recipeFacts(recipe).size,
  crop_pct: ({ recipe }) => {
    const { cropFraction } = recipeFacts(recipe);
    return cropFraction && Number(cropFraction.toFixed(3));
  },
  interpolation: ({ recipe }) => recipeFacts(recipe).kernel,
  precision: ({ precision }) => precision,
  top1_correct: ({ accuracy }) => accuracy.top1.correct,
  top5_correct: ({ accuracy }) => accuracy.top5.correct,
  expected: ({ accuracy }) => accuracy.expected,
  scored: ({ accuracy }) => accuracy.scored,
  failed: ({ accuracy }) => accuracy.failed,
  top1_low: ({ accuracy }) => rounded(accuracy.top1.low * 100),
  top1_high: ({ accuracy }) => rounded(accuracy.top1.high * 100),
  top5_low: ({ accuracy }) => rounded(accuracy.top5.low * 100),
  top5_high: ({ accuracy }) => rounded(accuracy.top5.high * 100),
  artifact_sha256: ({ artifact }) => artifact.sha256,
  recipe_digest: ({ recipe }) => recipe.digest,
  dataset_digest: (_, { dataset }) => dataset.digest,
  run_id: (_, { runId }) => runId,
  status: (_, { status }) => status,
};

export function renderCsv(record: RunRecord): string {
  const cells = Object.values(columns);
  const rows = record.models.map((model) => csvLine(cells.map((cell) => cell(model, record))));
  return csvLine(Object.keys(columns)) + rows.join('');
}
