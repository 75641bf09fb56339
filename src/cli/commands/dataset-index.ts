/** `topfive dataset index`: the manifest of a dataset, without decoding an image. */
import type { Command } from 'commander';
import { indexDataset } from '../../data/index-dataset.ts';
import type { Manifest } from '../../data/manifest.ts';
import { addDatasetOptions, type DatasetFlags, readDataset } from '../dataset-flags.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { writeResult } from '../write-result.ts';

interface IndexFlags extends DatasetFlags {
  out?: string;
  json?: true;
}

export function addIndex(dataset: Command): void {
  const command = dataset
    .command('index')
    .description('find images and labels, and print what a run would be about');
  addDatasetOptions(command)
    .option('--out <file>', 'write the manifest there, as JSON')
    .addOption(jsonOption('what was found'))
    .action(index);
}

async function index(uri: string, flags: IndexFlags): Promise<void> {
  const { manifest, warnings } = await indexDataset(readDataset(uri, flags));
  if (flags.out !== undefined) await writeResult(flags.out, `${JSON.stringify(manifest)}\n`);
  if (flags.json) {
    await writeJson({ ...describeManifest(manifest), warnings });
    return;
  }
  for (const warning of warnings) tell(`warning: ${warning}`);
  const lines = Object.entries(describeManifest(manifest)).map(
    ([name, value]) => `${`${name}:`.padEnd(9)}${value}\n`,
  );
  await writeOut(lines.join(''));
}

/** `classes`: those that occur in the labels. */
export function describeManifest({ uri, layout, entries, seed, digest }: Manifest) {
  const classes = new Set(entries.map(({ label }) => label)).size;
  return { uri, layout, images: entries.length, classes, digest, ...(seed !== null && { seed }) };
}
