/** Comparison records for the tests of the report room: measured and judged by the real functions on made-up answers. */
import type { ComparisonRecord, ModelComparison } from '../../src/scoring/comparison-record.ts';
import { comparisonRecordSchema } from '../../src/scoring/comparison-record.ts';
import { joinSides } from '../../src/scoring/join.ts';
import { judgePairs } from '../../src/scoring/judge-pairs.ts';
import { measurePair } from '../../src/scoring/measure-pair.ts';
import { worstVerdict } from '../../src/scoring/verdict.ts';
import { type Row, sideOf } from '../scoring/sides.ts';

export interface ComparisonSketch {
  /** Images that the candidate answers wrongly, of those that the baseline has right, by model. */
  lost: Record<string, number>;
  images?: number;
  classNames?: string[] | null;
  /** Prefix of the images' keys. */
  keys?: string;
  change?: Partial<ComparisonRecord>;
}

const classes = 10;

function rowsOf(count: number, { wrong, keys }: { wrong: number; keys: string }): Row[] {
  return Array.from({ length: count }, (_, image) => {
    const label = image % classes;
    const other = (label + 1) % classes;
    const order = image < wrong ? [other, label] : [label, other];
    return {
      key: `${keys}${image}.jpeg`,
      label,
      best: [
        [order[0], 0.7],
        [order[1], 0.2],
      ],
    };
  });
}

export function makeComparison(sketch: ComparisonSketch): ComparisonRecord {
  const { images = 1000, keys = 'val/', classNames = null } = sketch;
  const options = {
    estimand: sketch.change?.estimand ?? ('manifest' as const),
    margin: { top1: 0.002, top5: 0.002 },
    alpha: 0.05,
  };
  const measured = Object.entries(sketch.lost).map(([id, wrong]) => {
    const join = joinSides(
      sideOf(rowsOf(images, { wrong: 0, keys })),
      sideOf(rowsOf(images, { wrong, keys })),
    );
    if ('reasons' in join) throw new Error(join.reasons.join(' '));
    return { id, ...measurePair(join.columns, { depth: 5 }), noise: null };
  });
  const verdicts = judgePairs(measured, options);
  const models = measured.map(({ id, counts: _, noise: __, ...churn }, index): ModelComparison => {
    const model = { id, precision: 'fp32' };
    return { ...model, against: model, ...verdicts[index], ...churn };
  });
  const side = { kind: 'run' as const, topfive: '0.1.0', title: 'nightly' };
  return comparisonRecordSchema.parse({
    schemaVersion: 1,
    verdict: worstVerdict(models.map(({ verdict }) => verdict)),
    reasons: [],
    notes: [],
    ...options,
    allowed: [],
    baseline: { ...side, name: 'base', runId: 'run-1', finishedAt: '2026-08-22T05:02:41.318Z' },
    candidate: { ...side, name: 'last', runId: 'run-2', finishedAt: '2026-08-23T05:02:41.318Z' },
    dataset: { images, digest: 'd'.repeat(64), classNames },
    changed: [],
    models,
    unpaired: { baseline: [], candidate: [] },
    ...sketch.change,
  });
}

/** One model lost 30 of 1,000 images, the other none; weights and batch changed. */
export function regressionRecord(): ComparisonRecord {
  const b0 = { id: 'b0', precision: 'fp32' };
  const b1 = { id: 'b1', precision: 'fp32' };
  return makeComparison({
    lost: { b0: 30, b1: 0 },
    change: {
      changed: [
        {
          what: 'artifact',
          baseline: `b0.onnx, SHA-256 ${'1'.repeat(64)}`,
          candidate: `b0-new.onnx, SHA-256 ${'2'.repeat(64)}`,
          models: [b0],
        },
        { what: 'batch', baseline: '8', candidate: '16', models: [b0, b1] },
        { what: 'host', baseline: 'alder', candidate: 'birch', models: [] },
      ],
      unpaired: { baseline: [{ id: 'b2', precision: 'fp32' }], candidate: [] },
    },
  });
}

export function passRecord(): ComparisonRecord {
  return makeComparison({ lost: { b0: 0 } });
}

export function refusedRecord(): ComparisonRecord {
  const model = { id: 'b0', precision: 'fp32' };
  const reasons = ['Labels differ for 3 images.', 'The recipes differ.'];
  return makeComparison({
    lost: {},
    change: {
      reasons,
      models: [{ ...model, against: model, verdict: 'invalid', reasons }],
    },
  });
}

/** Names and keys that try to be markup, to steer a terminal, or to end a command. */
export function hostileComparison(): ComparisonRecord {
  const evil = '</td><script>alert("x")</script>\u202e\u0007\n::error::`|<b>@all%0A';
  return makeComparison({
    lost: { b0: 30 },
    keys: evil,
    classNames: Array(classes).fill(evil),
    change: {
      notes: [evil],
      candidate: {
        kind: 'run',
        name: evil,
        title: evil,
        runId: 'run-2',
        topfive: null,
        finishedAt: null,
      },
      changed: [{ what: evil, baseline: evil, candidate: null, models: [] }],
    },
  });
}
