/** `topfive dataset crops`: the pixels that a model sees, as files. */
import type { Command } from 'commander';
import { openImageSource } from '../../data/image-source.ts';
import { exitCodes } from '../../errors.ts';
import { chooseImages } from '../../jobs/choose-images.ts';
import { openPixelSource } from '../../jobs/pixel-source.ts';
import { recipeOfModel } from '../../jobs/prepare-models.ts';
import { type CropRow, writeCrops } from '../../jobs/write-crops.ts';
import { counted } from '../../report/numbers.ts';
import { checkOutput } from '../../runs/collect.ts';
import { openCount } from '../count.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson } from '../out.ts';
import { readSettings } from '../settings.ts';
import { readSpec } from '../spec-flags.ts';

interface CropFlags {
  model: string;
  out: string;
  json?: true;
}

export function addCrops(dataset: Command): void {
  const command = dataset
    .command('crops')
    .description('write the pixels that a model sees: uint8, height × width × 3, RGB')
    .argument('<spec>', 'a YAML or JSON file; the model needs only a recipe')
    .requiredOption('--model <id>', 'whose recipe')
    .requiredOption('--out <dir>', 'takes <stem>.rgb for each image, and index.json')
    .addOption(jsonOption('{ written, failed }'))
    .action(async (file: string, flags: CropFlags) => {
      process.exitCode = await crops(file, { flags, command });
    });
}

async function crops(
  file: string,
  { flags, command }: { flags: CropFlags; command: Command },
): Promise<number> {
  const { environment } = readSettings(command);
  const spec = await readSpec(file, {});
  const recipe = recipeOfModel(spec, flags.model);
  await checkOutput(flags.out);
  const { manifest, warnings } = await chooseImages(spec);
  for (const warning of warnings) tell(`warning: ${warning}`);
  const count = openCount('crops', { expected: manifest.entries.length, ci: environment.ci });
  const rows = await writeCrops(manifest, {
    recipe,
    pixels: openPixelSource(openImageSource(manifest)),
    directory: flags.out,
    ahead: environment.cores,
    onRow: (row) => count.add('state' in row),
  }).finally(count.stop);
  return tellRows(rows, flags);
}

async function tellRows(rows: CropRow[], { out, json }: CropFlags): Promise<number> {
  const failed = rows.filter((row) => 'state' in row);
  const written = rows.length - failed.length;
  if (json) await writeJson({ written, failed: failed.length });
  else tell(`${counted(written, 'crop')} in ${out}, ${failed.length} failed (see index.json)`);
  // As in a run, only undecodable images are no reason to distrust the rest.
  return failed.every(({ state }) => state === 'undecodable') ? exitCodes.done : exitCodes.invalid;
}
