/** Flags that name a dataset without a spec. */
import { type Command, Option } from 'commander';
import { layouts } from '../data/manifest.ts';
import { checkDataset, type Spec } from '../jobs/spec.ts';

export interface DatasetFlags {
  labels?: string;
  devkit?: string;
  layout?: string;
}

export function layoutOption(): Option {
  return new Option('--layout <layout>', 'how the dataset is laid out').choices([
    'auto',
    ...layouts,
  ]);
}

export function addDatasetOptions(command: Command): Command {
  return command
    .argument('<uri>', 'the images: a folder or file')
    .option('--labels <file>', 'the labels, where the layout needs them')
    .option('--devkit <file>', "the devkit's meta.mat, for labels in its order")
    .addOption(layoutOption());
}

/** The dataset part of a spec. */
export function datasetOf(uri: string, { labels, devkit, layout }: DatasetFlags) {
  return {
    uri,
    ...(labels !== undefined && { labels }),
    ...(devkit !== undefined && { devkit }),
    ...(layout !== undefined && { layout }),
  };
}

/** Checked, with absolute paths. */
export function readDataset(uri: string, flags: DatasetFlags): Spec['dataset'] {
  return checkDataset(datasetOf(uri, flags), { source: 'the flags', folder: process.cwd() });
}
