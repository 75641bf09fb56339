/** `topfive dataset synth`: a synthetic set with the shape of ImageNet's validation set. */
import type { Command } from 'commander';
import { writeSyntheticDataset } from '../../data/synthetic.ts';
import { checkOutput } from '../../runs/collect.ts';
import { openCount } from '../count.ts';
import { jsonOption, wholeNumber } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

interface SynthFlags {
  out: string;
  images: number;
  seed: number;
  json?: true;
}

export function addSynth(dataset: Command): void {
  const command = dataset
    .command('synth')
    .description('make a synthetic set: 1,000 classes, sizes and encodings like ImageNet')
    .requiredOption('--out <dir>', 'takes val/, val_list.txt and class_names.txt')
    .option('--images <n>', 'how many', wholeNumber(1), 1000)
    .option('--seed <n>', 'another seed, other images', wholeNumber(0), 1)
    .addOption(jsonOption('where it is'))
    .action(async (flags: SynthFlags) => {
      const { out: directory, images, seed, json } = flags;
      const { environment } = readSettings(command);
      await checkOutput(directory);
      const count = openCount('images', { expected: images, ci: environment.ci });
      const made = await writeSyntheticDataset({
        directory,
        images,
        seed,
        split: 'val',
        onProgress: () => count.add(false),
      }).finally(count.stop);
      if (json) await writeJson({ ...made, images, seed });
      else await writeOut(`images: ${made.uri}\nlabels: ${made.labels}\n`);
    });
}
