/** The images that a spec is about: its dataset, or the part that it draws. */
import { indexDataset } from '../data/index-dataset.ts';
import { type LabelSet, readLabelSet } from '../data/label-sets.ts';
import type { Manifest } from '../data/manifest.ts';
import { drawSubset } from '../data/subset.ts';
import type { Drawn } from '../scoring/run-record.ts';
import type { Spec } from './spec.ts';

export interface ChosenImages {
  manifest: Manifest;
  /** How the manifest was drawn from the whole dataset; undefined when it is the whole. */
  subset: Drawn | undefined;
  /** Of the whole dataset. */
  labelSets: LabelSet[];
  /** What a person should know about the dataset, one sentence each. */
  warnings: string[];
}

export async function chooseImages(spec: Pick<Spec, 'dataset' | 'subset'>): Promise<ChosenImages> {
  const { manifest: whole, warnings } = await indexDataset(spec.dataset);
  const sources = spec.dataset.labelSets ?? [];
  const labelSets = await Promise.all(sources.map((source) => readLabelSet(source, whole.entries)));
  if (!spec.subset) return { manifest: whole, subset: undefined, labelSets, warnings };
  const of = { images: whole.entries.length, digest: whole.digest };
  return {
    manifest: drawSubset(whole, spec.subset),
    subset: { ...spec.subset, of },
    labelSets,
    warnings,
  };
}
