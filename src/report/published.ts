/** Measured beside published: differences, whether they agree, and what a reader must know of the published figures. */
import { agreesWithPublished } from '../scoring/published.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { imagesOf, modelLabels } from './findings.ts';
import { grouped, inUnits } from './numbers.ts';
import { pageRows } from './page-rows.ts';

/** Why a place of a table has no published figure: nothing is known of the model, or this figure is not. */
export const nothingPublished = 'nothing is published of it';
export const notPublished = 'not published';

/** Why a model of the run has no cost. */
export const noCost = ({ costReason }: ModelResult) => costReason ?? 'not counted';

/** Images of the ImageNet validation set, on which the published figures were measured. */
const imagenetImages = 50_000;

/** Measured less published, a fraction; null where it is not judged. */
export interface Difference {
  difference: number;
  agrees: boolean | null;
}

/** Null for a model of which nothing is published. */
export function differenceOf(
  { published, accuracy }: ModelResult,
  metric: 'top1' | 'top5',
  record: RunRecord,
): Difference | null {
  if (!published) return null;
  const { correct, fraction } = accuracy[metric];
  const difference = fraction - published[metric];
  if (!published.tolerance || whyNotJudged(record) !== null) return { difference, agrees: null };
  const { digits, tolerance } = published;
  const figure = { fraction: published[metric], digits, tolerance: tolerance.fraction };
  return {
    difference,
    agrees: agreesWithPublished({ correct, images: accuracy.expected }, figure).agrees,
  };
}

export const agreementWord = (agrees: boolean | null) =>
  agrees === null ? null : agrees ? 'agrees' : 'differs';

/** One sentence; null when the run covers what the published figures were measured on. */
function whyNotJudged(record: RunRecord): string | null {
  const { dataset, status } = record;
  const measured = `the published figures were measured on all ${grouped(imagenetImages)} images of the ImageNet validation set`;
  if (dataset.images !== imagenetImages || dataset.subset) {
    return `Whether measured and published agree is not judged: ${measured}, and this run has ${imagesOf(record)}.`;
  }
  if (status === 'complete') return null;
  const state = status === 'invalid' ? 'this run is invalid' : 'this run stopped early';
  return `Whether measured and published agree is not judged: ${measured}, and ${state}.`;
}

/** What stands below the accuracy table, one paragraph each. */
export function publishedWords(record: RunRecord): string[] {
  const published = pageRows(record).flatMap((row) => row.published ?? []);
  const counted = pageRows(record).some(({ result, published }) => result?.cost ?? published?.cost);
  const cost = counted ? [[costWords, ...printedWords(record)].join(' ')] : [];
  if (published.length === 0) return cost;
  return [
    `Difference: measured less published. ${whyNotJudged(record) ?? agreementWords(published)}`,
    `Published: ${listOf(published.map(({ source }) => source))}.${referenceWords(published)}`,
    ...cost,
  ];
}

type Published = NonNullable<ModelResult['published']>;

function agreementWords(published: readonly Published[]): string {
  const tolerances = published.flatMap(({ tolerance }) =>
    tolerance ? `${tolerance.fraction} (${tolerance.source})` : [],
  );
  return `It agrees within half a unit of the last published digit and the tolerance that the model card declares for preprocessing and conversion: ${listOf(tolerances)}.`;
}

function referenceWords(published: readonly Published[]): string {
  const sources = published.flatMap(({ reference }) => reference?.source ?? []);
  return sources.length > 0 ? ` Reference: of the authors, as in ${listOf(sources)}.` : '';
}

const costWords =
  "FLOPS and parameters are those of one image by the artifact's own graph: each learnt value once, and two operations for each multiply-accumulate of convolutions and matrix products.";

/** How the rules of printed figures count. */
const conventions: Readonly<Record<string, string>> = {
  'paddle-model-stat-2019':
    'divides the filters of a group by the number of groups twice and rounds down, so that depthwise filters count as nothing, takes activations off instead of adding them, and counts a linear layer as half',
};

/** Why printed figures are not those of the graph. */
function printedWords(record: RunRecord): string[] {
  const printed = pageRows(record).flatMap(({ published }) => published?.cost ?? []);
  if (printed.length === 0) return [];
  const rules = [...new Set(printed.map(({ convention }) => convention))].map((convention) =>
    conventions[convention] ? `${convention}, which ${conventions[convention]}` : convention,
  );
  return [
    `Printed are those of ${listOf(printed.map(({ source }) => source))}, counted by ${rules.join('; ')}.`,
    ...widestGap(record),
    ...exceptionWords(record),
  ];
}

/** The model whose parameters are furthest from what is printed. */
function widestGap(record: RunRecord): string[] {
  const labels = modelLabels(record);
  const gaps = record.models.flatMap(({ published, cost }, index) =>
    published?.cost && cost
      ? [{ label: labels[index], printed: published.cost.params, true: cost.params }]
      : [],
  );
  const [widest] = gaps.sort((a, b) => ratio(b) - ratio(a));
  if (!widest || widest.printed === widest.true) return [];
  return [
    `So ${widest.label} has ${inUnits(widest.true, 1e6)} M parameters, where ${inUnits(widest.printed, 1e6)} M are printed.`,
  ];
}

const ratio = (gap: { printed: number; true: number }) => Math.abs(gap.true / gap.printed - 1);

/** Printed figures that their rule does not give. */
function exceptionWords(record: RunRecord): string[] {
  const named = pageRows(record).flatMap(({ label, published }) =>
    (published?.cost?.exceptions ?? []).map(
      ({ figure, reason }) => `${label}, ${figure === 'flops' ? 'FLOPS' : 'parameters'}: ${reason}`,
    ),
  );
  return named.length > 0 ? [`Not by that rule: ${listOf(named)}.`] : [];
}

const listOf = (texts: readonly string[]) => [...new Set(texts)].join('; ');
