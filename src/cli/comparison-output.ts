/** Where a comparison goes: stdout in one format, a folder in all of them, GitHub; and the exit code of its verdict. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Environment } from '../config.ts';
import { exitCodes } from '../errors.ts';
import type { ComparisonFormat } from '../report/comparison-render.ts';
import { verdictSentence } from '../report/comparison-words.ts';
import type { Thumbnails } from '../report/html/comparison.ts';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { tellGithub } from './github.ts';
import { jsonOption } from './options.ts';
import { tell, writeOut } from './out.ts';

export interface OutputFlags {
  format: ComparisonFormat;
  json?: true;
  out?: string;
  github?: true;
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'what is written to stdout')
        .choices(['text', 'md', 'html', 'json', 'junit'] satisfies ComparisonFormat[])
        .default('text'),
    )
    .addOption(jsonOption('the comparison record').conflicts('format'))
    .option('--out <dir>', 'write compare.json, compare.md, compare.html and junit.xml there')
    .option('--github', 'annotate as in GitHub Actions, where it goes without saying');
}

const exitOfVerdict: Record<ComparisonRecord['verdict'], number> = {
  pass: exitCodes.done,
  regression: exitCodes.regression,
  invalid: exitCodes.invalid,
  inconclusive: exitCodes.inconclusive,
};

/** @returns the exit code. */
export async function tellComparison(
  record: ComparisonRecord,
  { flags, environment, thumbnails }: TellOptions,
): Promise<number> {
  // Loaded here alone: drawing charts takes more code than all the other commands.
  const { comparisonFiles, renderComparison } = await import('../report/comparison-render.ts');
  if (flags.out !== undefined) {
    for (const { name, content } of comparisonFiles(record, { thumbnails })) {
      await writeFile(join(flags.out, name), content);
    }
  }
  const format = flags.json ? 'json' : flags.format;
  await writeOut(renderComparison(record, { format, thumbnails }));
  if (format !== 'text') tell(`${record.verdict}: ${verdictSentence(record)}`);
  if (flags.out !== undefined) tell(`written to ${flags.out}`);
  if (flags.github || environment.github.actions) {
    await tellGithub(record, environment.github);
  }
  return exitOfVerdict[record.verdict];
}

interface TellOptions {
  flags: OutputFlags;
  environment: Environment;
  thumbnails: Thumbnails;
}
