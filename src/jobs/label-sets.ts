/** The label sets of a run: kept with its plan, scored from its predictions. */
import { z } from 'zod';
import type { LabelSet } from '../data/label-sets.ts';
import type { ManifestEntry } from '../data/manifest.ts';
import { TopfiveError } from '../errors.ts';
import { digestOf } from '../storage/digest.ts';
import type { Storage } from '../storage/storage.ts';
import type { Plan, PlannedModel } from './plan.ts';
import { readStored } from './read-stored.ts';
import { runKeys } from './run-keys.ts';

const classLists = z.array(z.array(z.number().int().nonnegative()));

const storedSchema = z.object({
  schemaVersion: z.literal(1),
  sets: z.array(
    z.object({
      name: z.string(),
      uri: z.string(),
      digest: z.string(),
      /** Right classes of each image, in the order of the manifest; none where the set does not judge it. */
      classes: classLists,
    }),
  ),
});
export type RunLabelSet = z.infer<typeof storedSchema>['sets'][number];

/** The sets for the images of a run. */
export function labelSetsOf(
  sets: readonly LabelSet[],
  entries: readonly ManifestEntry[],
): RunLabelSet[] {
  return sets.map(({ name, uri, classes: byImage }) => {
    const classes = entries.map(({ key }) => byImage.get(key) ?? []);
    return { name, uri, digest: digestOf(classes), classes };
  });
}

/** @throws TopfiveError `dataset` where a set has a class that a model does not know */
export function checkLabelSets(
  sets: readonly RunLabelSet[],
  models: readonly Pick<PlannedModel, 'id' | 'outputs' | 'classOffset'>[],
): void {
  for (const { name, uri, classes } of sets) {
    const highest = classes.flat().reduce((most, index) => Math.max(most, index), 0);
    const small = models.find(({ outputs, classOffset }) => highest >= outputs - classOffset);
    if (small) {
      const known = small.outputs - small.classOffset;
      throw new TopfiveError(
        'dataset',
        `class ${highest} of the label set ${name} (${uri}) is out of range: ${small.id} has ${known} classes (0 to ${known - 1}); use label sets and models of one dataset`,
      );
    }
  }
}

export async function saveLabelSets(
  storage: Storage,
  { runId, sets }: { runId: string; sets: readonly RunLabelSet[] },
): Promise<void> {
  if (sets.length === 0) return;
  await storage.put(runKeys(runId).labelSets, JSON.stringify({ schemaVersion: 1, sets }));
}

export async function loadLabelSets(storage: Storage, plan: Plan): Promise<RunLabelSet[]> {
  if (!plan.spec.dataset.labelSets) return [];
  const key = runKeys(plan.runId).labelSets;
  return (await readStored(storage, { key, schema: storedSchema })).sets;
}
