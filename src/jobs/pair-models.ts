/** Which model of the baseline each model of the candidate is held against. */
import { TopfiveError } from '../errors.ts';
import type { ModelKey } from '../scoring/records.ts';

export interface Pair<Baseline, Candidate> {
  baseline: Baseline;
  candidate: Candidate;
}

/** A model as a person names it: the precision where the run has the model at several. */
export interface ModelName {
  id: string;
  precision?: string;
}

export interface Pairing<M> {
  pairs: Pair<M, M>[];
  /** Models that the other side does not have. */
  unpaired: Pair<M[], M[]>;
}

/** Models with the same id and precision, in the order of the candidate. */
export function matchModels<M extends ModelKey>(
  baseline: readonly M[],
  candidate: readonly M[],
): Pairing<M> {
  const partner = ({ id, precision }: M, models: readonly M[]) =>
    models.find((model) => model.id === id && model.precision === precision);
  return {
    pairs: candidate.flatMap((model) => {
      const found = partner(model, baseline);
      return found ? { baseline: found, candidate: model } : [];
    }),
    unpaired: {
      baseline: baseline.filter((model) => !partner(model, candidate)),
      candidate: candidate.filter((model) => !partner(model, baseline)),
    },
  };
}

/** @throws TopfiveError `usage` when no model, or more than one, has the name */
export function findModel<M extends ModelKey>(
  { id, precision }: ModelName,
  { models, run }: { models: readonly M[]; run: string },
): M {
  const found = models.filter(
    (model) => model.id === id && (precision ?? model.precision) === model.precision,
  );
  if (found.length === 1) return found[0];
  const known = models.map((model) => `${model.id} (${model.precision})`).join(', ');
  throw new TopfiveError(
    'usage',
    found.length === 0
      ? `run ${run} has no model ${precision === undefined ? id : `${id} at ${precision}`}: it has ${known}`
      : `run ${run} has ${id} at several precisions, so say which (${known})`,
  );
}

/** The pairs that a person names; all other models are left out. */
export function pairByName<M extends ModelKey>(
  names: readonly Pair<ModelName, ModelName>[],
  sides: Record<'baseline' | 'candidate', { models: readonly M[]; run: string }>,
): Pairing<M> {
  return {
    pairs: names.map(({ baseline, candidate }) => ({
      baseline: findModel(baseline, sides.baseline),
      candidate: findModel(candidate, sides.candidate),
    })),
    unpaired: { baseline: [], candidate: [] },
  };
}
