/** `topfive report`: renders again from the run record alone. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { readReport } from '../../jobs/run-folder.ts';
import type { Format } from '../../report/render.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import { writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { writeResult } from '../write-result.ts';
import { runArgument } from './status.ts';

interface ReportFlags {
  format: Format;
  out?: string;
}

export function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('render the report of a run again, from its run record alone')
    .argument('<run>', runArgument)
    .addOption(
      new Option('--format <format>', 'what to render')
        .choices(['md', 'html', 'json', 'csv', 'junit'] satisfies Format[])
        .default('md'),
    )
    .option('--out <file>', 'write it there instead of to stdout')
    .action(async (run: string, { format, out }: ReportFlags) => {
      const folder = await openRunFolder(run, readSettings(command).store);
      // Loaded here alone: drawing charts takes more code than all the other commands.
      const { render } = await import('../../report/render.ts');
      const content = render(await readReport(folder), format);
      if (out === undefined) await writeOut(content);
      else await writeResult(out, content);
    });
}
