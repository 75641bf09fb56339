/** Two runs of the models of one night, from columns of predictions to verdicts. */
import { type ClassScan, type NewConfusion, newConfusions, scanClasses } from './class-changes.ts';
import {
  type Agreement,
  agreementOf,
  type Columns,
  type Flip,
  flipsOf,
  type MarginDrift,
  marginDriftOf,
} from './flips.ts';
import { joinSides, type Side } from './join.ts';
import { type Calibration, type Noise, noiseBound } from './noise.ts';
import { pairedCounts, rightWithin } from './paired.ts';
import {
  type Estimand,
  type Gate,
  type GateVerdict,
  judgeGates,
  smallestDetectableDrop,
  type Verdict,
  worstVerdict,
} from './verdict.ts';

/** The label is among so many best. */
const metrics = { top1: 1, top5: 5 } as const;
export type MetricName = keyof typeof metrics;
const metricNames = Object.keys(metrics) as MetricName[];

export interface ModelPair {
  id: string;
  precision: string;
  baseline: Side;
  candidate: Side;
  /** Repeated runs of the model; null: noise not calibrated. */
  calibration: Record<MetricName, Calibration> | null;
}

export interface CompareOptions {
  estimand: Estimand;
  /** Accepted loss, a fraction of the images. */
  margin: number;
  /** Error level of the night, shared by all gates: two metrics a model. */
  alpha: number;
}

/** `baseline` and `candidate` count right images; failed ones are wrong. */
export interface MetricComparison extends Gate, GateVerdict, Pick<Noise, 'calibration'> {
  /** For planning, with as many discordant images as here; null under `manifest`, which sees every drop. */
  smallestDetectableDrop: number | null;
}

export interface ModelComparison {
  id: string;
  precision: string;
  verdict: Verdict;
  metrics: Record<MetricName, MetricComparison>;
  flips: Flip[];
  churn: Record<Flip['kind'], number>;
  agreement: Agreement;
  classes: ClassScan;
  newConfusions: NewConfusion[];
  marginDrift: MarginDrift;
}

/** A model whose two runs do not belong together, with one sentence for each reason. */
export interface Refusal {
  id: string;
  precision: string;
  verdict: 'invalid';
  reasons: string[];
}

export interface Comparison {
  /** The worst of all. */
  verdict: Verdict;
  estimand: Estimand;
  alpha: number;
  models: (ModelComparison | Refusal)[];
}

/** As many new confusions as a person reads. */
const confusionLimit = 20;

/** All models of the night together, for their gates share `alpha`; models that are refused have no gate. */
export function compareRuns(pairs: readonly ModelPair[], options: CompareOptions): Comparison {
  const joined = pairs.map((pair) => ({ pair, join: joinSides(pair.baseline, pair.candidate) }));
  const gates = joined.filter(({ join }) => 'columns' in join).length * metricNames.length;
  const measured = joined.map(({ pair, join }) =>
    'columns' in join ? measureGates(join.columns, { pair, gates, options }) : [],
  );
  const all = measured.flat();
  const verdicts = new Map(judgeGates(all, options).map((judged, index) => [all[index], judged]));
  const models = joined.map(({ pair: { id, precision }, join }, model) => {
    if ('reasons' in join) {
      return { id, precision, verdict: 'invalid' as const, reasons: join.reasons };
    }
    const [top1, top5] = measured[model].map((gate) =>
      tellGate({ ...gate, ...verdicts.get(gate)! }, { gates, options }),
    );
    return { id, precision, ...compareColumns(join.columns, { top1, top5 }) };
  });
  const { estimand, alpha } = options;
  return { verdict: worstVerdict(models.map(({ verdict }) => verdict)), estimand, alpha, models };
}

function measureGates(
  { baseline, candidate }: Columns,
  { pair, gates, options }: { pair: ModelPair; gates: number; options: CompareOptions },
): (Gate & Noise)[] {
  const { alpha, margin } = options;
  return metricNames.map((name) => ({
    ...pairedCounts(rightWithin(baseline, metrics[name]), rightWithin(candidate, metrics[name])),
    margin,
    ...noiseBound(pair.calibration?.[name] ?? null, { alpha, gates }),
  }));
}

function tellGate(
  gate: Gate & GateVerdict & Noise,
  { gates, options }: { gates: number; options: CompareOptions },
): MetricComparison {
  const { images, onlyBaselineRight, onlyCandidateRight } = gate;
  const discordant = (onlyBaselineRight + onlyCandidateRight) / images;
  return {
    ...gate,
    smallestDetectableDrop:
      options.estimand === 'manifest'
        ? null
        : smallestDetectableDrop({ images, discordant, alpha: options.alpha, gates }),
  };
}

function compareColumns(
  columns: Columns,
  judged: ModelComparison['metrics'],
): Omit<ModelComparison, 'id' | 'precision'> {
  const flips = flipsOf(columns);
  const churn = { lost: 0, gained: 0, changed: 0 };
  for (const { kind } of flips) {
    churn[kind] += 1;
  }
  return {
    verdict: worstVerdict([judged.top1.verdict, judged.top5.verdict]),
    metrics: judged,
    flips,
    churn,
    agreement: agreementOf(columns),
    classes: scanClasses(columns),
    newConfusions: newConfusions(columns, confusionLimit),
    marginDrift: marginDriftOf(columns),
  };
}
