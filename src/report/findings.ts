/** What every report says of a run record, whatever its format: status, coverage, failures, findings. */
import type { Failure, Tally } from '../scoring/records.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { labelWords } from './label-words.ts';
import { counted, grouped, percent } from './numbers.ts';

/** `mark` stands beside every number of a run that is not complete; null for one that is. */
export function statusOf({ status }: RunRecord): {
  word: string;
  mark: string | null;
  meaning: string;
} {
  if (status === 'invalid') {
    const meaning =
      'This run is not a measurement: its numbers are marked and not fit to be quoted.';
    return { word: 'invalid', mark: 'invalid', meaning };
  }
  if (status === 'stopped-early') {
    const meaning =
      'The verdict was certain before every image was scored, so the numbers cover a part of them.';
    return { word: 'stopped early', mark: 'stopped early', meaning };
  }
  return { word: 'complete', mark: null, meaning: 'Every image has a state.' };
}

/** ` (invalid)` behind the numbers of a run that is not complete; else nothing. */
export function markOf(record: RunRecord): string {
  const { mark } = statusOf(record);
  return mark ? ` (${mark})` : '';
}

/** `50,000 images`, or which part of which set: `2,000 of 50,000 images (4.00%, drawn by seed 7, every class its share)` */
export function imagesOf({ dataset: { images, subset } }: Pick<RunRecord, 'dataset'>): string {
  if (!subset) return counted(images, 'image');
  const shares = subset.stratify === 'class' ? ', every class its share' : '';
  const drawn = `${percent(images / subset.of.images)}, drawn by seed ${subset.seed}${shares}`;
  return `${grouped(images)} of ${counted(subset.of.images, 'image')} (${drawn})`;
}

/** Ids of the models, with the precision where the run has more than one; in the record's order. */
export function modelLabels({ models }: Pick<RunRecord, 'models'>): string[] {
  const several = new Set(models.map(({ precision }) => precision)).size > 1;
  return models.map(({ id, precision }) => (several ? `${id} (${precision})` : id));
}

/** Why the run is invalid for this model, one sentence each; empty when it is not. */
export function defectsOf(model: ModelResult, record: RunRecord): string[] {
  if (record.status !== 'invalid') return [];
  const defective = record.models.filter((one) => !isWhole(one, record));
  if (defective.length > 0 && !defective.includes(model)) return [];
  const own = record.reasons.filter((reason) => reason.startsWith(`${model.id}: `));
  return own.length > 0 || record.reasons.length === 0 ? ownOr(own, model) : record.reasons;
}

function ownOr(own: string[], { tally }: ModelResult): string[] {
  return own.length > 0
    ? own
    : [`${tally.missing} images are missing and ${tally.modelError} have no answer of the model.`];
}

function isWhole({ tally, accuracy }: ModelResult, { dataset }: RunRecord): boolean {
  const states = tally.scored + tally.undecodable + tally.missing + tally.modelError;
  return (
    tally.missing === 0 &&
    tally.modelError === 0 &&
    states === tally.expected &&
    accuracy.expected === dataset.images
  );
}

export interface Ledger {
  /** Labels of the models whose images ended in the same states. */
  models: string[];
  tally: Tally;
}

/** Coverage, one entry for all models with the same counts. */
export function ledgers(record: RunRecord): Ledger[] {
  const labels = modelLabels(record);
  const found = new Map<string, Ledger>();
  for (const [index, { tally }] of record.models.entries()) {
    const { expected, scored, undecodable, missing, modelError } = tally;
    const counts = [expected, scored, undecodable, missing, modelError].join();
    const ledger = found.get(counts) ?? { models: [], tally };
    found.set(counts, ledger);
    ledger.models.push(labels[index]);
  }
  return [...found.values()];
}

/** `all 14 models`, `EfficientNetB0, EfficientNetB1 and 3 more` */
export function modelList(models: readonly string[], all: number): string {
  if (all > 1 && models.length === all) return all === 2 ? 'both models' : `all ${all} models`;
  return models.length > 4
    ? `${models.slice(0, 3).join(', ')} and ${models.length - 3} more`
    : models.join(', ');
}

export interface FailureRow extends Failure {
  /** Labels of the models for which the image failed in this way. */
  models: string[];
}

/**
 * Failed images with their reasons: the same failure under several models is one row; at most `limit` rows.
 * `total` and `left` count images × models; `left` are those of the rows left out.
 */
export function failureRows(record: RunRecord, limit: number) {
  const labels = modelLabels(record);
  const found = new Map<string, FailureRow>();
  let total = 0;
  let left = 0;
  for (const [index, { failures }] of record.models.entries()) {
    total += failures.length;
    for (const failure of failures) {
      const same = JSON.stringify([failure.key, failure.state, failure.reason]);
      const row = found.get(same) ?? { ...failure, models: [] };
      if (row.models.length === 0 && found.size === limit) {
        left += 1;
      } else {
        found.set(same, row);
        if (row.models.at(-1) !== labels[index]) row.models.push(labels[index]);
      }
    }
  }
  return { rows: [...found.values()], total, left };
}

/** `expected = scored + …` as a sentence, with the states that occur. */
export function ledgerSentence({ expected, scored, ...failed }: Tally): string {
  const parts = [
    [failed.undecodable, 'undecodable'],
    [failed.missing, 'missing'],
    [failed.modelError, 'without an answer of the model'],
  ] as const;
  const occurring = parts.filter(([count]) => count > 0);
  if (occurring.length === 0) return `${counted(expected, 'image')} expected, every one scored.`;
  const listed = occurring.map(([count, name]) => `${grouped(count)} ${name}`).join(' + ');
  return `${counted(expected, 'image')} expected = ${grouped(scored)} scored + ${listed}. Failed images count as wrong.`;
}

/** What a careful reader should know before quoting a number, one sentence each. */
export function notesOf(record: RunRecord): string[] {
  return [
    ...mergedNotes(record),
    ...labelNotes(record),
    ...softmaxNotes(record),
    ...nondeterminismNotes(record),
    ...reusedWords(record),
    ...deviceNotes(record),
    ...tieNotes(record),
    ...costNotes(record),
  ];
}

function mergedNotes({ mergedFrom = [] }: RunRecord): string[] {
  if (mergedFrom.length === 0) return [];
  const runs = mergedFrom.map(({ runId, name }) => `${runId} (${name})`).join(', ');
  return [
    `This page is made of ${counted(mergedFrom.length, 'run')} of the same images: ${runs}. Wall times are added.`,
  ];
}

/** What explains a score near chance, for each model that has one. */
export function labelNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ labelTrouble }, index) =>
    labelTrouble ? `${labels[index]}: ${labelWords(labelTrouble)}` : [],
  );
}

function softmaxNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ sumsToOne }, index) =>
    sumsToOne
      ? [
          `${labels[index]}: its outputs sum to one, as after a softmax, and topfive takes the softmax of what it gets: the probabilities in the predictions are too even. Ranks, top-1 and top-5 do not change; export the model without its last softmax.`,
        ]
      : [],
  );
}

function nondeterminismNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ nondeterminism }, index) =>
    nondeterminism.map((finding) => `Nondeterminism, ${labels[index]}: ${finding}.`),
  );
}

/** What was not computed anew. */
export function reusedWords({ models }: Pick<RunRecord, 'models'>): string[] {
  const parts = models.flatMap(({ reused }) => reused ?? []);
  const shards = parts.reduce((sum, part) => sum + part.shards, 0);
  const of = parts.reduce((sum, part) => sum + part.of, 0);
  if (shards === 0) return [];
  const from = [...new Set(parts.flatMap((part) => part.from))];
  const runs = `${from.length === 1 ? 'run' : 'runs'} ${from.join(', ')}`;
  const equal =
    'made of the same images, byte for byte, by the same weights under the same conditions on the same kind of machine';
  return [
    shards === of
      ? `Nothing was computed: all ${counted(of, 'shard record')} are those of ${runs}, ${equal}.`
      : `${grouped(shards)} of ${counted(of, 'shard record')} are those of ${runs}, ${equal}.`,
  ];
}

function deviceNotes({ environment }: RunRecord): string[] {
  const devices = [...new Set(environment.workers.map(({ device }) => device))];
  return devices.length > 1
    ? [
        `The run used ${devices.length} device models (${devices.join('; ')}), so it cannot serve as a baseline.`,
      ]
    : [];
}

function tieNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  const tied = record.models.flatMap(({ tally }, index) =>
    tally.ties > 0 ? [`${labels[index]} ${grouped(tally.ties)}`] : [],
  );
  return tied.length > 0
    ? [
        `Images where another class has exactly the score of the label (the lowest class index wins): ${tied.join(', ')}.`,
      ]
    : [];
}

function costNotes(record: RunRecord): string[] {
  const labels = modelLabels(record);
  return record.models.flatMap(({ costReason }, index) =>
    costReason === null ? [] : `No cost of ${labels[index]}: ${costReason}.`,
  );
}
