/** What the repeats of an unchanged run show of each of its models. */
import { TopfiveError } from '../errors.ts';
import { K, type Predictions } from '../scoring/records.ts';
import type { ModelResult } from '../scoring/run-record.ts';
import { digestOf, sha256 } from '../storage/digest.ts';
import { machineOf, type StoredCalibration } from './calibrations.ts';
import type { EndedRun } from './compare-runs.ts';
import { readPredictions, readPredictionsFile } from './run-folder.ts';

/** @throws TopfiveError `invalid` when the runs are not repeats of one another */
export async function measureNoise(
  runs: readonly EndedRun[],
  now: Date,
): Promise<StoredCalibration[]> {
  const [{ record }] = runs;
  const calibrations: StoredCalibration[] = [];
  for (const [index, model] of record.models.entries()) {
    const repeats = runs.map((run) => run.record.models[index]);
    checkConditions(repeats);
    const { id, precision, conditions } = model;
    const correct = (metric: 'top1' | 'top5') =>
      repeats.map(({ accuracy }) => accuracy[metric].correct);
    calibrations.push({
      schemaVersion: 1,
      id,
      precision,
      at: now.toISOString(),
      runs: runs.map((run) => run.record.runId),
      images: record.dataset.images,
      conditions,
      machine: machineOf({
        environment: {
          ...record.environment,
          workers: runs.flatMap((run) => run.record.environment.workers),
        },
      }),
      correct: { top1: correct('top1'), top5: correct('top5') },
      ...(await compareAnswers(model, runs)),
    });
  }
  return calibrations;
}

function checkConditions(repeats: readonly ModelResult[]): void {
  const [first, ...others] = repeats.map(({ conditions }) => conditions);
  const odd = others.find((conditions) => digestOf(conditions) !== digestOf(first));
  if (!odd) return;
  const names = Object.keys(first) as (keyof typeof first)[];
  const [name] = names.filter((each) => odd[each] !== first[each]);
  throw new TopfiveError(
    'invalid',
    `the repeats of ${repeats[0].id} differ in ${name} (${first[name]} and ${odd[name]}), so they do not show what the machine does; fix it in the spec`,
  );
}

/** One run's answers are in memory at a time, besides the first's. */
async function compareAnswers(
  model: ModelResult,
  runs: readonly EndedRun[],
): Promise<Pick<StoredCalibration, 'identical' | 'flips'>> {
  const digests = new Set<string>();
  for (const { folder } of runs) digests.add(sha256(await readPredictionsFile(folder, model)));
  if (digests.size === 1) return { identical: true, flips: [] };
  const [first, ...others] = runs;
  const { keys, predictions } = await readPredictions(first.folder, model);
  const best = bestClasses(predictions);
  const flipped = new Set<number>();
  for (const { folder } of others) {
    const answers = bestClasses((await readPredictions(folder, model)).predictions);
    for (const [image, answer] of answers.entries()) {
      if (answer !== best[image]) flipped.add(image);
    }
  }
  const flips = [...flipped].sort((a, b) => a - b).map((image) => keys[image]);
  return { identical: false, flips };
}

/** -1 for a failed image. */
function bestClasses({ states, classes }: Predictions): number[] {
  return states.map((_, image) => classes[image * K]);
}
