/** `topfive report`: renders again from the run record alone; several runs become one page. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { TopfiveError } from '../../errors.ts';
import { readPictures } from '../../jobs/mistake-pictures.ts';
import { readReport } from '../../jobs/run-folder.ts';
import type { Pictures } from '../../report/mistake-rows.ts';
import type { Format } from '../../report/render.ts';
import { checkOutput } from '../../runs/collect.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import { mergeRuns } from '../../scoring/merge-runs.ts';
import type { RunRecord } from '../../scoring/run-record.ts';
import { writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { writeResult } from '../write-result.ts';
import { runArgument } from './status.ts';

interface ReportFlags {
  format: Format;
  out?: string;
  plots?: string;
  thumbnails: boolean;
}

export function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('render the report of a run again, or of several runs as one page')
    .argument('<run...>', `${runArgument}; several have other models on the same images`)
    .addOption(
      new Option('--format <format>', 'what to render')
        .choices(['md', 'html', 'json', 'csv', 'junit'] satisfies Format[])
        .default('md'),
    )
    .option('--out <file>', 'write it there instead of to stdout')
    .option('--plots <dir>', 'write the plots there too, as PNG files')
    .option('--no-thumbnails', 'leave out the pictures of wrongly answered images')
    .action(async (runs: string[], { format, out, plots, thumbnails }: ReportFlags) => {
      if (plots !== undefined) await checkOutput(plots, { option: '--plots' });
      const { record, pictures } = await readPage(runs, readSettings(command).store);
      // Loaded here alone: drawing charts takes more code than all the other commands.
      const { render } = await import('../../report/render.ts');
      const content = render(record, format, thumbnails ? { pictures } : {});
      if (out === undefined) await writeOut(content);
      else await writeResult(out, content);
      if (plots !== undefined) await writePlots(record, plots);
    });
}

async function readPage(
  runs: readonly string[],
  store: string,
): Promise<{ record: RunRecord; pictures: Pictures }> {
  const records: RunRecord[] = [];
  const pictures = new Map<string, Uint8Array>();
  for (const run of runs) {
    const folder = await openRunFolder(run, store);
    records.push(await readReport(folder));
    for (const [key, jpeg] of await readPictures(folder)) pictures.set(key, jpeg);
  }
  const merged = mergeRuns(records);
  if ('record' in merged) return { record: merged.record, pictures };
  const [first, ...more] = merged.reasons;
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  throw new TopfiveError('invalid', `these runs make no page together: ${first}${rest}`, {
    details: more,
  });
}

async function writePlots(record: RunRecord, directory: string): Promise<void> {
  const { makePlots } = await import('../../jobs/plot-files.ts');
  for (const { fileName, content } of await makePlots(record)) {
    await writeResult(join(directory, fileName), content);
  }
}
