/** Comparing a run that stopped early with the baseline that it stopped by: on the images it used, with its own verdicts. */
import type { Side } from '../scoring/join.ts';
import { reorder } from '../scoring/join.ts';
import type { JudgeOptions, PairVerdict } from '../scoring/judge-pairs.ts';
import { type MetricName, marginInImages, metricNames } from '../scoring/paired.ts';
import type { ModelKey } from '../scoring/records.ts';
import type { EarlyGateResult, RunRecord } from '../scoring/run-record.ts';
import { worstVerdict } from '../scoring/verdict.ts';

/** Against any other run a part of the images is no basis. */
export function stoppedBy(candidate: RunRecord, baseline: RunRecord): boolean {
  return candidate.status === 'stopped-early' && candidate.earlyStop?.baseline === baseline.runId;
}

/** Why its verdicts do not answer what is asked now. */
export function refuseStopped(
  { earlyStop, dataset }: RunRecord,
  { margin, estimand }: JudgeOptions,
): string[] {
  if (estimand !== 'manifest') {
    return [
      'The candidate was stopped early, which decides about these images only: --estimand manifest.',
    ];
  }
  const other = earlyStop?.gates.find(
    ({ metric, marginImages }) => marginInImages(margin[metric], dataset.images) !== marginImages,
  );
  return other
    ? [
        `The candidate was stopped early by a margin of ${other.marginImages} of ${dataset.images} images for ${other.metric}, which is not the one that is asked for.`,
      ]
    : [];
}

/** The rows of these keys, in the order of the side. */
export function onlyImages(side: Side, keys: readonly string[]): Side {
  const wanted = new Set(keys);
  const rows = side.keys.flatMap((key, row) => (wanted.has(key) ? row : []));
  return {
    ...side,
    keys: rows.map((row) => side.keys[row]),
    labels: rows.map((row) => side.labels[row]),
    predictions: reorder(side.predictions, rows),
  };
}

/** The verdicts at which the run stopped, in place of those of its counts. */
export function verdictsOfStop(
  { metrics, ...verdict }: PairVerdict,
  { model: { id, precision }, record }: { model: ModelKey; record: RunRecord },
): PairVerdict {
  const gateOf = (metric: MetricName) =>
    record.earlyStop?.gates.find(
      (gate) => gate.id === id && gate.precision === precision && gate.metric === metric,
    );
  const told = Object.fromEntries(
    metricNames.map((metric) => {
      const gate = gateOf(metric);
      const counted = metrics[metric];
      return [metric, gate && counted ? { ...counted, ...decisionOf(gate, record) } : counted];
    }),
  ) as PairVerdict['metrics'];
  const verdicts = metricNames.flatMap((metric) => told[metric]?.verdict ?? []);
  return { ...verdict, verdict: worstVerdict(verdicts), metrics: told };
}

function decisionOf(
  { verdict, marginImages, noise, low, high, lostImages }: EarlyGateResult,
  { estimate, dataset }: RunRecord,
) {
  const seen = `${estimate?.used} of ${dataset.images} images`;
  return {
    verdict: verdict ?? ('inconclusive' as const),
    marginImages,
    noise,
    explanation: `Certain after ${seen}, of which ${Math.abs(lostImages)} were ${lostImages < 0 ? 'gained' : 'lost'} on balance: over all images between ${low} and ${high} are lost; the margin is ${marginImages}.`,
  };
}
