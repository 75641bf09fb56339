/** `topfive models import`: a published checkpoint becomes the artifact of its card. */
import type { Command } from 'commander';
import { readCacheSettings } from '../../config.ts';
import { TopfiveError } from '../../errors.ts';
import { importCardArtifact } from '../../models/card-artifact.ts';
import { requireCard } from '../../models/cards.ts';
import { openArtifactCache } from '../../storage/artifact-cache.ts';
import { tellModel, tellWaiting, writeModelFile } from '../model-file.ts';
import { externalDataOption, jsonOption } from '../options.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { whileWriting } from '../while-writing.ts';

interface ImportFlags {
  weights: string;
  out?: string;
  externalData?: true;
  json?: true;
}

export function addImport(models: Command): void {
  const command = models
    .command('import')
    .description('make an ONNX file of a checkpoint: .safetensors, .pth or .pdparams')
    .argument('<id>', 'id of the card, as "topfive models list" prints it')
    .requiredOption('--weights <file>', 'the checkpoint')
    .option('--out <file.onnx>', 'the file to write (default: into the cache, for specs by id)')
    .addOption(externalDataOption())
    .addOption(jsonOption('what was written'))
    .action(async (id: string, flags: ImportFlags) => {
      const settings = readSettings(command);
      const { weights: checkpoint, out, externalData, json } = flags;
      if (out === undefined) return intoCache(id, { flags, settings });
      const weights = { checkpoint };
      return writeModelFile(id, { out, weights, externalData, json, settings });
    });
}

async function intoCache(
  id: string,
  { flags, settings }: { flags: ImportFlags; settings: CliSettings },
): Promise<void> {
  requireCard(id);
  if (flags.externalData) {
    throw new TopfiveError(
      'usage',
      '--external-data says how --out is written: add --out FILE.onnx, or leave it out',
    );
  }
  const cache = openArtifactCache(readCacheSettings());
  const { ci } = settings.environment;
  const imported = await whileWriting({ label: id, ci }, ({ signal, progressOf }) =>
    importCardArtifact(cache, {
      id,
      checkpoint: flags.weights,
      signal,
      onProgress: progressOf('written'),
      onWait: tellWaiting,
    }),
  );
  const { artifact, checkpoint } = imported;
  const { source, naming, format } = checkpoint;
  await tellModel({ id, artifact, weights: { checkpoint: source, naming, format } }, flags);
}
