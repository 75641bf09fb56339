/** What changed between two runs besides their answers: conditions, recipes, machines, versions, the dataset. */
import type { ModelKey } from './records.ts';
import type { ModelResult, RunRecord } from './run-record.ts';

export interface Change {
  /** `artifact`, `batch`, `recipe.kernel`, `device`, …: the field of the record that differs. */
  what: string;
  /** Null where that run does not have it. */
  baseline: string | null;
  candidate: string | null;
  /** Models of the candidate that it applies to; empty for the run as a whole. */
  models: ModelKey[];
}

/** A fact is changed when its `value` is another; `shown` says it to a person. */
interface Fact {
  value: string;
  shown: string;
}
type Facts = Map<string, Fact>;

/** What of a model, and of a run, can change. */
export type ModelFacts = Pick<
  ModelResult,
  'id' | 'precision' | 'artifact' | 'recipe' | 'classes' | 'conditions'
>;
export type RunFacts = Pick<RunRecord, 'environment' | 'dataset' | 'topfive'>;

/** What differs in one model. A field that a later version adds to the conditions or to a recipe is compared by itself. */
export function modelChanges(baseline: ModelFacts, candidate: ModelFacts): Change[] {
  const { id, precision } = candidate;
  return differences(modelFacts(baseline), modelFacts(candidate)).map((change) => ({
    ...change,
    models: [{ id, precision }],
  }));
}

/** What differs in the runs as a whole, their models aside. */
export function runChanges(baseline: RunFacts, candidate: RunFacts): Change[] {
  return differences(runFacts(baseline), runFacts(candidate)).map((change) => ({
    ...change,
    models: [],
  }));
}

/**
 * Equal changes of several models become one, and what all models say the run need not say again.
 * What moves accuracy most stands first.
 */
export function gatherChanges(ofModels: readonly Change[], ofRun: readonly Change[]): Change[] {
  const gathered = new Map<string, Change>();
  for (const change of ofModels) {
    const { what, baseline, candidate } = change;
    const same = JSON.stringify([what, baseline, candidate]);
    const known = gathered.get(same);
    if (known) {
      known.models.push(...change.models);
    } else {
      gathered.set(same, { ...change, models: [...change.models] });
    }
  }
  const told = new Set([...gathered.values()].map(({ what }) => what));
  const rest = ofRun.filter(({ what }) => !told.has(what));
  return [...gathered.values(), ...rest].sort((a, b) => placeOf(a.what) - placeOf(b.what));
}

const order = [
  ...[
    'labelsDigest',
    'images',
    'dataset',
    'artifact',
    'recipe',
    'classes',
    'classOffset',
    'precision',
  ],
  ...[
    'runtime',
    'provider',
    'arithmetic',
    'batch',
    'decoder',
    'device',
    'driver',
    'threads',
    'topfive',
  ],
];
/** Beside what cannot move an answer. */
const last = ['node', 'os', 'host', 'uri', 'layout'];

function placeOf(what: string): number {
  const name = what.split('.')[0];
  const first = order.indexOf(name);
  return first >= 0 ? first : order.length + 1 + last.indexOf(name);
}

function differences(before: Facts, after: Facts): Omit<Change, 'models'>[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((what) => before.get(what)?.value !== after.get(what)?.value)
    .map((what) => ({
      what,
      baseline: before.get(what)?.shown ?? null,
      candidate: after.get(what)?.shown ?? null,
    }));
}

/** The fields of the recipe stand for its digest. */
function modelFacts({ artifact, recipe, classes, conditions }: ModelFacts): Facts {
  const { artifact: _, recipe: digest, ...others } = conditions;
  const { digest: __, ...fields } = recipe;
  const facts = factsOf({ classes, ...others });
  facts.set('artifact', {
    value: artifact.sha256,
    shown: `${artifact.name}, SHA-256 ${artifact.sha256}`,
  });
  const known = Object.keys(fields).length > 0;
  const own = factsOf(known ? fields : { digest });
  for (const [field, fact] of own) {
    facts.set(`recipe.${field}`, fact);
  }
  return facts;
}

function runFacts({ environment, dataset, topfive }: RunFacts): Facts {
  const { workers, ...versions } = environment;
  const { digest, classNames: _, ...place } = dataset;
  const facts = factsOf({ ...versions, ...place, dataset: digest, topfive });
  const fields = new Set(workers.flatMap((worker) => Object.keys(worker)));
  fields.delete('records');
  for (const field of fields) {
    const values = workers.map((worker) => textOf((worker as Record<string, unknown>)[field]));
    const value = [...new Set(values)].sort().join('; ');
    facts.set(field, { value, shown: value });
  }
  return facts;
}

function factsOf(fields: Record<string, unknown>): Facts {
  return new Map(
    Object.entries(fields)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([field, value]) => [field, { value: textOf(value), shown: textOf(value) }]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
