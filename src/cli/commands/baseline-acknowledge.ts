/** `topfive baseline acknowledge`: says that a night's regression is known, until a day. */
import type { Command } from 'commander';
import { TopfiveError } from '../../errors.ts';
import { acknowledgeNight } from '../../jobs/baselines.ts';
import { findNight } from '../../jobs/nights.ts';
import { readReport } from '../../jobs/run-folder.ts';
import { openRunFolder, openStoredRun } from '../../runs/open-run.ts';
import { openStorage } from '../../storage/open.ts';
import { dayToCome, jsonOption, wording } from '../options.ts';
import { tell, writeJson } from '../out.ts';
import { readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

interface AcknowledgeFlags {
  reason: string;
  until: string;
  json?: true;
}

export function addBaselineAcknowledge(baseline: Command): void {
  const command = baseline
    .command('acknowledge')
    .description("say that a night's regression is known: it fails no further night until a day")
    .argument('<run>', runArgument)
    .requiredOption('--reason <text>', 'why it is borne; every night says it', wording)
    .requiredOption('--until <date>', 'last day on which it is, such as 2027-01-31', dayToCome)
    .addOption(jsonOption('the entry of the history'))
    .action(async (run: string, flags: AcknowledgeFlags) => {
      const { store: here, environment } = readSettings(command);
      const { runId, store } = await openStoredRun(run, here);
      const { name } = await readReport(await openRunFolder(run, here));
      const storage = openStorage(store);
      const night = await findNight(storage, { name, runId });
      if (!night) {
        throw new TopfiveError(
          'usage',
          `run ${runId} was no night, so it has no verdict; "topfive nightly SPEC" makes one`,
        );
      }
      const { reason, until } = flags;
      const options = { author: environment.actor, reason, until, now: new Date() };
      const entry = await acknowledgeNight(storage, { night, options });
      if (flags.json) await writeJson(entry);
      else tell(`the regression of run ${runId} is known for "${name}" until ${until}`);
    });
}
