/** `topfive predictions`: one row an image, in manifest order, on stdout. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { findModel } from '../../jobs/pair-models.ts';
import { type RunFolder, readPredictionsFile, readReport } from '../../jobs/run-folder.ts';
import {
  decodePredictions,
  type PredictionFormat,
  predictionsText,
} from '../../report/predictions.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import { writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

interface PredictionFlags {
  model: string;
  precision?: string;
  format: PredictionFormat | 'parquet';
}

export function addPredictions(program: Command): void {
  const command = program
    .command('predictions')
    .description('print the answer of a model to every image, in the order of the manifest')
    .argument('<run>', runArgument)
    .requiredOption('--model <id>', 'whose answers')
    .option('--precision <precision>', 'where the run has the model at several')
    .addOption(
      new Option('--format <format>', 'how rows are written')
        .choices(['csv', 'jsonl', 'parquet'] satisfies PredictionFlags['format'][])
        .default('csv'),
    )
    .action(async (run: string, flags: PredictionFlags) => {
      const folder = await openRunFolder(run, readSettings(command).store);
      await printPredictions(folder, flags);
    });
}

async function printPredictions(folder: RunFolder, flags: PredictionFlags): Promise<void> {
  const bytes = await readParquet(folder, flags);
  if (flags.format === 'parquet') {
    await writeOut(bytes);
    return;
  }
  for (const rows of predictionsText(await decodePredictions(bytes), flags.format)) {
    if (!(await writeOut(rows))) return;
  }
}

async function readParquet(folder: RunFolder, flags: PredictionFlags): Promise<Buffer> {
  const { models } = await readReport(folder);
  const { model: id, precision } = flags;
  const name = { id, ...(precision !== undefined && { precision }) };
  return readPredictionsFile(folder, findModel(name, { models, run: folder.name }));
}
