/** The comparison record, `compare.json`: two runs held against each other. Reports of it need nothing else. */
import { z } from 'zod';
import type { Change } from './changes.ts';
import { churnFields } from './churn-record.ts';
import type { JudgeOptions, MetricComparison, PairVerdict } from './judge-pairs.ts';
import type { Churn } from './measure-pair.ts';
import type { ModelKey } from './records.ts';
import type { Verdict } from './verdict.ts';

/** One side of a comparison. */
export interface ComparedSide {
  /** As the person named it. */
  name: string;
  /** `predictions`: a file of another tool, of which nothing but its answers is known. */
  kind: 'run' | 'predictions';
  /** Null for predictions, as are the fields below. */
  runId: string | null;
  /** Name of the run in its report. */
  title: string | null;
  finishedAt: string | null;
  topfive: string | null;
}

export interface ModelComparison extends ModelKey, PairVerdict, Churn {
  /** The model of the baseline that it is held against; null where the baseline is predictions. */
  against: ModelKey | null;
}

/** A model whose two runs do not belong together, with one sentence for each reason. */
export interface Refusal extends ModelKey {
  against: ModelKey | null;
  verdict: 'invalid';
  reasons: string[];
}

export interface ComparisonRecord extends JudgeOptions {
  schemaVersion: 1;
  /** The worst of the models; invalid when there is none. */
  verdict: Verdict;
  /** Why it is invalid, one sentence each; else empty. */
  reasons: string[];
  /** What else a reader should know, one sentence each. */
  notes: string[];
  /** Differences that the person allowed. */
  allowed: string[];
  baseline: ComparedSide;
  candidate: ComparedSide;
  /** Of the candidate. */
  dataset: { images: number; digest: string; classNames: string[] | null };
  /** What differs besides the answers. */
  changed: Change[];
  models: (ModelComparison | Refusal)[];
  /** Models that the other side does not have. */
  unpaired: { baseline: ModelKey[]; candidate: ModelKey[] };
}

const count = z.number().int().nonnegative();
const text = z.string();
const decision = z.enum(['pass', 'inconclusive', 'regression']);
const verdict = z.enum([...decision.options, 'invalid']);
const key = { id: text, precision: text };
const keys = z.array(z.object(key));

const metric: z.ZodType<MetricComparison> = z.object({
  images: count,
  baseline: count,
  candidate: count,
  onlyBaselineRight: count,
  onlyCandidateRight: count,
  noise: count,
  calibrated: z.boolean(),
  margin: z.number(),
  marginImages: count,
  lostImages: z.number().int(),
  pValue: z.number(),
  adjustedPValue: z.number(),
  marginPValue: z.number(),
  low: z.number(),
  high: z.number(),
  smallestDetectableDrop: z.number().nullable(),
  verdict: decision,
  explanation: text,
});

const model = z.object({
  ...key,
  against: z.object(key).nullable(),
  verdict: decision,
  metrics: z.object({ top1: metric, top5: metric.nullable() }),
  ...churnFields,
});

const refusal = z.object({
  ...key,
  against: z.object(key).nullable(),
  verdict: z.literal('invalid'),
  reasons: z.array(text),
});

const side = z.object({
  name: text,
  kind: z.enum(['run', 'predictions']),
  runId: text.nullable(),
  title: text.nullable(),
  finishedAt: text.nullable(),
  topfive: text.nullable(),
});

export const comparisonRecordSchema: z.ZodType<ComparisonRecord> = z.object({
  schemaVersion: z.literal(1),
  verdict,
  reasons: z.array(text),
  notes: z.array(text),
  estimand: z.enum(['manifest', 'population']),
  margin: z.object({ top1: z.number(), top5: z.number() }),
  alpha: z.number(),
  allowed: z.array(text),
  baseline: side,
  candidate: side,
  dataset: z.object({ images: count, digest: text, classNames: z.array(text).nullable() }),
  changed: z.array(
    z.object({
      what: text,
      baseline: text.nullable(),
      candidate: text.nullable(),
      models: keys,
    }),
  ),
  models: z.array(z.union([model, refusal])),
  unpaired: z.object({ baseline: keys, candidate: keys }),
});
