/** What changed between two runs, in words: conditions, recipes, machines, versions. */
import type { Change } from '../scoring/changes.ts';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { modelLabel, someOf } from './comparison-models.ts';

const changeNames: Record<string, string> = {
  artifact: 'weights',
  batch: 'batch size',
  classes: 'classes of the head',
  classOffset: 'class offset',
  dataset: 'dataset digest',
  device: 'device model',
  labelsDigest: 'labels digest',
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

/** `weights: b0.onnx, SHA-256 0a1b2c3d4e5f → b0.onnx, SHA-256 5f4e3d2c1b0a` */
export function changeSentence(change: Change): string {
  const { baseline, candidate } = shownValues(change);
  return `${changeName(change)}: ${baseline} → ${candidate}`;
}

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

/** What to say when nothing but the answers differs. */
export function nothingChanged({ baseline }: ComparisonRecord): string {
  return baseline.kind === 'predictions'
    ? 'Not known: another tool made the baseline, so nothing but its answers can be compared.'
    : 'Nothing: models, recipes, conditions, machines, versions and dataset are the same.';
}
