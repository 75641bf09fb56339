/** What every report of a comparison says, whatever its format: the verdict in plain words, what changed, notes. */
import type { Change } from '../scoring/changes.ts';
import type {
  ComparedSide,
  ComparisonRecord,
  ModelComparison,
  Refusal,
} from '../scoring/comparison-record.ts';
import type { Flip } from '../scoring/flips.ts';
import type { MetricComparison } from '../scoring/judge-pairs.ts';
import type { ModelKey } from '../scoring/records.ts';
import { counted, grouped, instant, percent } from './numbers.ts';

const metricWords = { top1: 'top-1', top5: 'top-5' } as const;

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

function modelLabel({ id, precision }: ModelKey, { models }: ComparisonRecord): string {
  const precisions = models.flatMap((model) => [model, model.against ?? model]);
  const several = precisions.some((other) => other.precision !== precision);
  return several ? `${id} (${precision})` : id;
}

export interface GateRow {
  /** Label of its model. */
  model: string;
  metric: string;
  gate: MetricComparison;
}

/** Every gate of the comparison, model by model. */
export function gateRows(record: ComparisonRecord): GateRow[] {
  return comparedModels(record).flatMap((model) =>
    (['top1', 'top5'] as const).flatMap((name) => {
      const gate = model.metrics[name];
      return gate ? { model: pairLabel(model, record), metric: metricWords[name], gate } : [];
    }),
  );
}

/** One sentence that a person acts on. */
export function verdictSentence(record: ComparisonRecord): string {
  const rows = gateRows(record);
  const these = record.estimand === 'manifest' ? 'on these images' : 'for unseen images';
  switch (record.verdict) {
    case 'invalid':
      return `these runs cannot be compared, so there is no verdict on accuracy: ${record.reasons.join(' ')}`;
    case 'regression':
      return `${listed(rows, 'regression')} lost more than the margin ${these}.`;
    case 'inconclusive':
      return `${listed(rows, 'inconclusive')} cannot be decided ${these}.`;
    case 'pass':
      return comparedModels(record).every(({ agreement }) => agreement.identical)
        ? 'every answer is the same as in the baseline.'
        : `no gate lost more than its margin ${these}.`;
  }
}

function listed(rows: readonly GateRow[], verdict: string): string {
  const fitting = rows.filter(({ gate }) => gate.verdict === verdict);
  return someOf(fitting.map(({ model, metric }) => `${model} ${metric}`));
}

/** `run 20260823-… "nightly" of 2026-08-23 05:02 UTC` */
export function sideWords({ name, kind, runId, title, finishedAt }: ComparedSide): string {
  if (kind === 'predictions') return `predictions of another tool, ${name}`;
  const when = finishedAt === null ? '' : ` of ${instant(finishedAt)}`;
  return `run ${runId} "${title}"${when}`;
}

const changeNames: Record<string, string> = {
  artifact: 'weights',
  batch: 'batch size',
  classes: 'classes of the head',
  classOffset: 'class offset',
  dataset: 'dataset digest',
  device: 'device model',
  images: 'images',
  labels: 'labels digest',
  node: 'Node.js',
  os: 'system',
  provider: 'execution provider',
  topfive: 'topfive version',
  uri: 'place of the dataset',
};

export interface ChangeRow {
  what: string;
  baseline: string;
  candidate: string;
  /** Empty for the run as a whole. */
  models: string;
}

/** One row a change, digests cut to what tells them apart. */
export function changeRows(record: ComparisonRecord): ChangeRow[] {
  return record.changed.map((change) => ({
    what: changeName(change),
    ...shownValues(change),
    models: modelsOf(change, record),
  }));
}

const changeName = ({ what }: Change) =>
  what.startsWith('recipe.') ? `recipe: ${what.slice(7)}` : (changeNames[what] ?? what);

const digestLength = 12;

function shownValues({ baseline, candidate }: Change): Pick<ChangeRow, 'baseline' | 'candidate'> {
  const shown = (value: string | null) =>
    value === null
      ? 'none'
      : value.replace(/\b[0-9a-f]{64}\b/g, (digest) => digest.slice(0, digestLength));
  return { baseline: shown(baseline), candidate: shown(candidate) };
}

function modelsOf({ models }: Change, record: ComparisonRecord): string {
  if (models.length === 0) return '';
  if (models.length === record.models.length && models.length > 1) return 'all models';
  return someOf(models.map((model) => modelLabel(model, record)));
}

/** `b0, b1, b2 and 3 more` */
function someOf(names: readonly string[]): string {
  return names.length > 4
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ');
}

/** What to say when nothing but the answers differs. */
export function nothingChanged({ baseline }: ComparisonRecord): string {
  return baseline.kind === 'predictions'
    ? 'Not known: another tool made the baseline, so nothing but its answers can be compared.'
    : 'Nothing: models, recipes, conditions, machines, versions and dataset are the same.';
}

/** `98.42% of the answers are the same (49,210 of 50,000); 120 lost, 50 gained, 620 changed from wrong to wrong.` */
export function churnSentence({ agreement, churn, metrics }: ModelComparison): string {
  if (agreement.identical) return 'Every answer is the same, to the last bit of its probability.';
  const { images, fraction } = agreement;
  const same = `${percent(fraction)} of the answers are the same (${grouped(images)} of ${grouped(metrics.top1.images)})`;
  const { lost, gained, changed } = churn;
  return `${same}; ${grouped(lost)} lost, ${grouped(gained)} gained, ${grouped(changed)} changed from wrong to wrong.`;
}

/** The shift of the margin in units of its own uncertainty, where it is more than chance would show. */
export function driftSentence({ marginDrift }: ModelComparison): string | null {
  if (!marginDrift || marginDrift.images === 0) return null;
  const { baseline, candidate, lost, standardError } = marginDrift;
  if (lost === 0) return null;
  const points = (value: number) => (value * 100).toFixed(2);
  return `The label leads the best other class by ${points(candidate)} points of probability on average, where it was ${points(baseline)}: ${lost > 0 ? 'down' : 'up'} ${points(Math.abs(lost))} ± ${points(standardError)}.`;
}

export const flipWords: Record<Flip['kind'], string> = {
  lost: 'lost',
  gained: 'gained',
  changed: 'wrong to wrong',
};

/** Classes whose loss is more than chance among all classes would show. */
export function lostClasses({ classes }: ModelComparison, alpha: number) {
  return classes.changes.filter(({ adjustedPValue }) => adjustedPValue <= alpha);
}

/** What a careful reader should know, one sentence each. */
export function comparisonNotes(record: ComparisonRecord): string[] {
  return [
    ...record.notes,
    ...unpairedNotes(record),
    ...noiseNotes(record),
    ...allowedNotes(record),
    ...depthNotes(record),
    ...detectableNotes(record),
  ];
}

function unpairedNotes({ unpaired, models }: ComparisonRecord): string[] {
  const list = (names: readonly ModelKey[]) =>
    names.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  return models.length === 0
    ? []
    : [
        [unpaired.baseline, 'baseline'] as const,
        [unpaired.candidate, 'candidate'] as const,
      ].flatMap(([names, side]) =>
        names.length === 0 ? [] : `In the ${side} only, and so not compared: ${list(names)}.`,
      );
}

function noiseNotes(record: ComparisonRecord): string[] {
  const open = comparedModels(record).filter(({ metrics }) => !metrics.top1.calibrated);
  if (open.length === 0 || record.estimand !== 'manifest') return [];
  const which =
    open.length === comparedModels(record).length
      ? ''
      : ` for ${open.map((model) => pairLabel(model, record)).join(', ')}`;
  return [`Noise not calibrated${which}: what the machine alone may change is taken as nothing.`];
}

function allowedNotes({ allowed }: ComparisonRecord): string[] {
  return allowed.length === 0 ? [] : [`Allowed to differ: ${allowed.join(', ')}.`];
}

function depthNotes(record: ComparisonRecord): string[] {
  const shallow = comparedModels(record).filter(({ metrics }) => metrics.top5 === null);
  return shallow.length === 0
    ? []
    : [`No gate for top-5: the baseline has fewer than five classes an image.`];
}

function detectableNotes(record: ComparisonRecord): string[] {
  const drops = gateRows(record).flatMap(({ gate }) => gate.smallestDetectableDrop ?? []);
  return drops.length === 0
    ? []
    : [
        `Smallest drop that such a comparison finds four times in five, for planning: ${(Math.max(...drops) * 100).toFixed(3)} points.`,
      ];
}

/** `2 models, 50,000 images, margin 0.20%` */
export function scopeWords({ models, dataset, margin }: ComparisonRecord): string {
  const margins =
    margin.top1 === margin.top5
      ? percent(margin.top1)
      : `${percent(margin.top1)} (top-1), ${percent(margin.top5)} (top-5)`;
  return `${counted(models.length, 'model')}, ${counted(dataset.images, 'image')}, margin ${margins}`;
}
