/** The verdict of a night: coverage first, then every gate against the baseline, then what is known already. */
import type { ComparisonRecord, ModelComparison } from '../scoring/comparison-record.ts';
import type { NoiseBounds } from '../scoring/judge-pairs.ts';
import { judgeLatency, type LatencyGate } from '../scoring/latency-gate.ts';
import type { NightGate } from '../scoring/night-record.ts';
import { metricNames } from '../scoring/paired.ts';
import { agreesWithPublished } from '../scoring/published.ts';
import type { ModelKey } from '../scoring/records.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { type Verdict, worstVerdict } from '../scoring/verdict.ts';
import type { Acknowledgement } from './baselines.ts';
import { compareRuns, type EndedRun } from './compare-runs.ts';
import { alphaOf, type Gates } from './gates.ts';

/** What a night is held against; `none` with the reason, in one sentence. */
export type NightBaseline =
  | { kind: 'run'; run: EndedRun }
  | { kind: 'published' }
  | { kind: 'none'; reason: string };

export interface Judging {
  candidate: EndedRun;
  baseline: NightBaseline;
  gates: Gates;
  /** Regressions that somebody said are known, and whose time is not over. */
  known: readonly Acknowledgement[];
  noiseOf: (model: ModelKey) => NoiseBounds;
}

export interface Judgement {
  verdict: Verdict;
  /** Why there is no verdict by gates, or not only by them; one sentence each. */
  reasons: string[];
  gates: NightGate[];
  latency: LatencyGate[];
  /** What a reader should know besides; one sentence each. */
  remarks: string[];
  comparison: ComparisonRecord | null;
}

export async function judgeNight(judging: Judging): Promise<Judgement> {
  const { record } = judging.candidate;
  const unfit = record.status === 'invalid' ? record.reasons : belowCoverage(record, judging.gates);
  if (unfit.length > 0) return { ...nothing, verdict: 'invalid', reasons: unfit };
  const { baseline } = judging;
  if (baseline.kind === 'none') {
    return { ...nothing, verdict: 'inconclusive', reasons: [baseline.reason] };
  }
  const measured =
    baseline.kind === 'published'
      ? againstPublished(record)
      : await againstRun(baseline.run, judging);
  const gates = measured.gates.map((gate) => ({ ...gate, known: knownReason(gate, judging) }));
  const { latency, remarks } = latencyOf(judging);
  const slower = latency.flatMap(({ verdict }) => (verdict === 'not-judged' ? [] : verdict));
  const open = gates.map(({ verdict, known }) => (known === null ? verdict : 'pass'));
  return {
    ...measured,
    gates,
    latency,
    remarks,
    verdict: worstVerdict([
      ...open,
      ...slower,
      ...measured.refused,
      ...(gates.length === 0 ? ['invalid' as const] : []),
    ]),
  };
}

const nothing = { gates: [], latency: [], remarks: [], comparison: null };

function belowCoverage({ models }: RunRecord, { coverage }: Gates): string[] {
  if (coverage === undefined) return [];
  return models
    .filter(({ accuracy: { scored, expected } }) => scored < coverage * expected)
    .map(
      ({ id, accuracy: { scored, expected } }) =>
        `${id} has an answer to ${scored} of ${expected} images, fewer than the ${coverage * 100}% that the spec asks for.`,
    );
}

function latencyOf({
  candidate,
  baseline,
  gates,
}: Judging): Pick<Judgement, 'latency' | 'remarks'> {
  if (gates.latency === undefined) return { latency: [], remarks: [] };
  if (baseline.kind !== 'run') {
    const remark =
      'Latency is not judged, because published figures were measured on other machines.';
    return { latency: [], remarks: [remark] };
  }
  const sides = { baseline: baseline.run.record.latency, candidate: candidate.record.latency };
  const { gates: latency, reason } = judgeLatency(sides, gates.latency);
  return { latency, remarks: reason === null ? [] : [reason] };
}

interface Measured {
  reasons: string[];
  /** Verdicts of models that have no gates. */
  refused: Verdict[];
  gates: Omit<NightGate, 'known'>[];
  comparison: ComparisonRecord | null;
}

async function againstRun(
  baseline: EndedRun,
  { candidate, gates, noiseOf }: Judging,
): Promise<Measured> {
  const { margin, estimand, allow } = gates;
  const comparison = await compareRuns({
    baseline,
    candidate,
    options: { margin, estimand, alpha: alphaOf(gates), allowed: new Set(allow), noiseOf },
  });
  const fresh = comparison.unpaired.candidate;
  const names = fresh.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  const unheld = `The baseline does not have ${names}, so nothing is known of it; bless a run that has it.`;
  return {
    reasons: [...comparison.reasons, ...(fresh.length > 0 ? [unheld] : [])],
    refused: [
      ...comparison.models.flatMap(({ verdict }) => (verdict === 'invalid' ? [verdict] : [])),
      ...fresh.map(() => 'inconclusive' as const),
    ],
    gates: comparison.models.flatMap((model) => ('metrics' in model ? gatesOf(model) : [])),
    comparison,
  };
}

function gatesOf({ id, precision, metrics }: ModelComparison): Omit<NightGate, 'known'>[] {
  return metricNames.flatMap((metric) => {
    const gate = metrics[metric];
    if (!gate) return [];
    const { verdict, explanation, lostImages, marginImages, noise } = gate;
    return { id, precision, metric, verdict, explanation, lostImages, marginImages, noise };
  });
}

/** The figures were measured on these images; on others they say nothing. */
const publishedImages = 50_000;

function againstPublished({ models, dataset }: RunRecord): Measured {
  if (dataset.images !== publishedImages) {
    const reason = `The published figures are about the ${publishedImages} images of the ImageNet validation set, and this run has ${dataset.images}.`;
    return { reasons: [reason], refused: [], gates: [], comparison: null };
  }
  const silent = models.filter(({ published }) => published === null);
  return {
    reasons: silent.map(
      ({ id }) => `No figures are published for ${id}; name its card in the spec.`,
    ),
    refused: silent.map(() => 'invalid' as const),
    gates: models.flatMap(publishedGates),
    comparison: null,
  };
}

/** Lower than the figure by more than rounding and tolerance is a regression; higher is no failure. */
function publishedGates({ id, precision, published, accuracy }: ModelResult) {
  if (published === null) return [];
  return metricNames.map((metric) => {
    const figure = {
      fraction: published[metric],
      digits: published.digits,
      tolerance: published.tolerance?.fraction ?? 0,
    };
    const { correct } = accuracy[metric];
    const { difference, allowed } = agreesWithPublished(
      { correct, images: accuracy.expected },
      figure,
    );
    const below = difference < -allowed;
    const beyond = Math.abs(difference) > allowed ? 'more' : 'no more';
    return {
      id,
      precision,
      metric,
      verdict: below ? ('regression' as const) : ('pass' as const),
      explanation: `${Math.abs(difference).toFixed(1)} images ${difference < 0 ? 'fewer' : 'more'} are right than published (${published.source}), ${beyond} than rounding and the declared tolerance explain (${allowed.toFixed(1)}).`,
      lostImages: -difference,
      marginImages: allowed,
      noise: 0,
    };
  });
}

/** A loss that grew by more than the margin since is not the known one. */
function knownReason(gate: Omit<NightGate, 'known'>, { known }: Judging): string | null {
  if (gate.verdict !== 'regression') return null;
  const found = known.find(({ gates }) => {
    const same = gates.find(
      ({ id, precision, metric }) =>
        id === gate.id && precision === gate.precision && metric === gate.metric,
    );
    return same && gate.lostImages - same.lostImages - gate.noise <= gate.marginImages;
  });
  return found ? `${found.reason} (${found.author}, until ${found.until})` : null;
}
