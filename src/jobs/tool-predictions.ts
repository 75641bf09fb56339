/** A baseline that another tool made: a CSV of answers, of which nothing but the answers is known. */
import { basename } from 'node:path';
import { TopfiveError } from '../errors.ts';
import { decodePredictionsCsv, type ToolColumns } from '../report/predictions-csv.ts';
import type { ModelKey } from '../scoring/records.ts';
import { openObject } from '../storage/open.ts';
import { findModel, type ModelName } from './pair-models.ts';

export interface ToolPredictions {
  /** As the person named it. */
  name: string;
  columns: ToolColumns;
}

/** Whether a person means a file of predictions, and not a run. */
export const namesPredictions = (reference: string) => /\.csv$/i.test(reference);

/** @param reference path or URI of the file */
export async function readToolPredictions(reference: string): Promise<ToolPredictions> {
  const { storage, key } = openObject(reference);
  if ((await storage.size(key)) === undefined) {
    throw new TopfiveError(
      'not-found',
      `there is no file ${reference}, which was to hold the predictions of the baseline`,
    );
  }
  const text = (await storage.get(key)).toString();
  return { name: reference, columns: decodePredictionsCsv(text, basename(reference)) };
}

/** The model of the candidate that the file is held against. */
export function modelForPredictions<M extends ModelKey>(
  { name }: ToolPredictions,
  { model, models, run }: { model: ModelName | undefined; models: readonly M[]; run: string },
): M {
  if (model) return findModel(model, { models, run });
  if (models.length === 1) return models[0];
  const known = models.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  throw new TopfiveError(
    'usage',
    `${name} has the answers of one model, but run ${run} has ${models.length}: say which with --model (${known})`,
  );
}

/** Why the answers cannot be a baseline. */
export function refusePredictions({ columns }: ToolPredictions): string[] {
  const { keys, predictions } = columns;
  const lost = keys.filter((_, image) =>
    ['missing', 'model-error'].includes(predictions.states[image]),
  );
  return lost.length === 0
    ? []
    : [
        `The baseline has no answer to ${lost.length} of its images, the first of them ${lost[0]} (${predictions.states[keys.indexOf(lost[0])]}); only undecodable ones may be without.`,
      ];
}
