/** `topfive baseline set`: blesses a run, with a reason, for all runs of its name. */
import type { Command } from 'commander';
import { blessRun } from '../../jobs/baselines.ts';
import { readReport } from '../../jobs/run-folder.ts';
import { openRunFolder, openStoredRun } from '../../runs/open-run.ts';
import { openStorage } from '../../storage/open.ts';
import { dayToCome, jsonOption, wording } from '../options.ts';
import { tell, writeJson } from '../out.ts';
import { readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

interface SetFlags {
  reason: string;
  expires?: string;
  json?: true;
}

export function addBaselineSet(baseline: Command): void {
  const command = baseline
    .command('set')
    .description('bless a run: runs of its name are held against it from now on')
    .argument('<run>', runArgument)
    .requiredOption('--reason <text>', 'why; it stays in the history', wording)
    .option('--expires <date>', 'last day on which it serves, such as 2027-01-31', dayToCome)
    .addOption(jsonOption('the entry of the history'))
    .action(async (run: string, flags: SetFlags) => {
      const { store: here, environment } = readSettings(command);
      const { store } = await openStoredRun(run, here);
      const record = await readReport(await openRunFolder(run, here));
      const blessing = await blessRun(openStorage(store), {
        record,
        options: {
          author: environment.actor,
          reason: flags.reason,
          expires: flags.expires ?? null,
          now: new Date(),
        },
      });
      if (flags.json) await writeJson(blessing);
      else tell(`run ${record.runId} is the baseline of "${record.name}"`);
    });
}
