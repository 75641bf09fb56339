/** `topfive models build`: the graph of a card as an ONNX file, untrained or with the weights of a checkpoint. */
import { type Command, Option } from 'commander';
import { writeModelFile } from '../model-file.ts';
import { externalDataOption, jsonOption, wholeNumber } from '../options.ts';
import { readSettings } from '../settings.ts';

interface BuildFlags {
  out: string;
  seed: number;
  weights?: string;
  externalData?: true;
  json?: true;
}

export function addBuild(models: Command): void {
  const command = models
    .command('build')
    .description("write a card's graph as an ONNX file, with untrained weights from a seed")
    .argument('<id>', 'id of a card, as "topfive models list" prints it')
    .requiredOption('--out <file.onnx>', 'the file to write')
    .addOption(
      new Option('--seed <n>', 'another seed, other weights').argParser(wholeNumber(0)).default(1),
    )
    .addOption(new Option('--weights <file>', 'a checkpoint instead of a seed').conflicts('seed'))
    .addOption(externalDataOption())
    .addOption(jsonOption('what was written'))
    .action(async (id: string, flags: BuildFlags) => {
      const { out, seed, weights, externalData, json } = flags;
      await writeModelFile(id, {
        out,
        weights: weights === undefined ? { seed } : { checkpoint: weights },
        externalData,
        json,
        settings: readSettings(command),
      });
    });
}
