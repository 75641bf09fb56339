/** What every report of a comparison says, whatever its format: the gates, the verdict in plain words, the answers that moved. */
import type {
  ComparedSide,
  ComparisonRecord,
  ModelComparison,
} from '../scoring/comparison-record.ts';
import type { Answer, Flip } from '../scoring/flips.ts';
import type { MetricComparison } from '../scoring/judge-pairs.ts';
import { className } from './classes.ts';
import { comparedModels, pairLabel, someOf } from './comparison-models.ts';
import { counted, grouped, instant, percent } from './numbers.ts';
import { clip } from './visible.ts';

const metricWords = { top1: 'top-1', top5: 'top-5' } as const;

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

/** The gates as a table, one row each; every column but the first two and the last is a number. */
export function gateTable(record: ComparisonRecord): { head: string[]; rows: string[][] } {
  const population = record.estimand === 'population';
  const decisive = population ? ['p of a loss', 'p of the margin'] : ['margin', 'noise', 'p'];
  return {
    head: [
      ...['model', 'metric', 'baseline', 'candidate', 'lost', 'gained', 'balance'],
      ...decisive,
      'verdict',
    ],
    rows: gateRows(record).map(({ model, metric, gate }) => [
      model,
      metric,
      percent(gate.baseline / gate.images),
      percent(gate.candidate / gate.images),
      grouped(gate.onlyBaselineRight),
      grouped(gate.onlyCandidateRight),
      signedCount(0 - gate.lostImages),
      ...(population
        ? [gate.adjustedPValue, gate.marginPValue].map(probability)
        : [grouped(gate.marginImages), grouped(gate.noise), probability(gate.pValue)]),
      gate.verdict,
    ]),
  };
}

const probability = (p: number) => p.toPrecision(2);

const signedCount = (images: number) =>
  images < 0 ? `-${grouped(-images)}` : `+${grouped(images)}`;

/** How the columns of the gates are to be read. */
export function gateLegend({ estimand, alpha }: ComparisonRecord): string {
  return estimand === 'manifest'
    ? 'In images. Lost: only the baseline has it right; gained: only the candidate. A gate passes when balance and noise stay within the margin, and fails when they cannot. p is of McNemar, for unseen images, and decides nothing.'
    : `Lost and gained in images. A gate passes when p of the margin (Tango's score test) is at most ${alpha}, and fails when p of a loss (McNemar, adjusted by Holm) is.`;
}

/** One sentence that a person acts on. */
export function verdictSentence(record: ComparisonRecord): string {
  const rows = gateRows(record);
  const unseen = record.estimand === 'population';
  const these = unseen ? 'for unseen images' : 'on these images';
  switch (record.verdict) {
    case 'invalid':
      return `these runs cannot be compared, so there is no verdict on accuracy: ${record.reasons.join(' ')}`;
    case 'regression':
      return unseen
        ? `a loss is proven for unseen images: ${listed(rows, 'regression')}.`
        : `${listed(rows, 'regression')} lost more than the margin ${these}.`;
    case 'inconclusive':
      return `${listed(rows, 'inconclusive')} cannot be decided ${these}.`;
    case 'pass':
      return comparedModels(record).every(({ agreement }) => agreement.identical)
        ? 'every answer is the same as in the baseline.'
        : `no gate loses more than its margin ${these}.`;
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

/** `98.42% of the answers are the same (49,210 of 50,000); 120 lost, 50 gained, 620 changed from wrong to wrong.` */
export function churnSentence({ agreement, churn, metrics }: ModelComparison): string {
  if (agreement.identical) return 'Every answer is the same, to the last bit of its probability.';
  const { images, fraction } = agreement;
  const same = `${percent(fraction)} of the answers are the same (${grouped(images)} of ${grouped(metrics.top1.images)})`;
  const { lost, gained, changed } = churn;
  return `${same}; ${grouped(lost)} lost, ${grouped(gained)} gained, ${grouped(changed)} changed from wrong to wrong.`;
}

/** How the mean margin moved, and its standard error; null where it did not, or is not known. */
export function driftSentence({
  marginDrift,
}: Pick<ModelComparison, 'marginDrift'>): string | null {
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

/** `tabby 62.0%`, `no answer` */
export function answerWords(
  { class: answer, p }: Answer,
  { record, limit }: { record: ComparisonRecord; limit: number },
): string {
  if (answer === null) return 'no answer';
  const name = clip(className(record, answer), limit);
  return p === null ? name : `${name} ${percent(p, 1)}`;
}

/** `3 classes lost more than chance would show: …`; null when none did. */
export function classSentence(
  { classes }: ModelComparison,
  { record, limit }: { record: ComparisonRecord; limit: number },
): string | null {
  const lost = classes.changes.filter(({ adjustedPValue }) => adjustedPValue <= record.alpha);
  if (lost.length === 0) return null;
  const names = lost.map(
    ({ label, onlyBaselineRight, images }) =>
      `${clip(className(record, label), limit)} (${onlyBaselineRight} of ${images} lost)`,
  );
  return `${counted(lost.length, 'class')} of ${grouped(classes.classes)} lost more than chance would show: ${someOf(names)}.`;
}

/** `2 models, 50,000 images, margin 0.20%` */
export function scopeWords({ models, dataset, margin }: ComparisonRecord): string {
  const margins =
    margin.top1 === margin.top5
      ? percent(margin.top1)
      : `${percent(margin.top1)} (top-1), ${percent(margin.top5)} (top-5)`;
  return `${counted(models.length, 'model')}, ${counted(dataset.images, 'image')}, margin ${margins}`;
}
