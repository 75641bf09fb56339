/** `topfive cancel`: stops a run; what is scored stays. */
import type { Command } from 'commander';
import { TopfiveError } from '../../errors.ts';
import { isReported, readRunState } from '../../jobs/run-state.ts';
import { openStoredRun } from '../../runs/open-run.ts';
import { cancelRun } from '../../runs/run.ts';
import { joinWorkplace } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('stop a run; what is scored stays, and resume goes on from there')
    .argument('<run>', runArgument)
    .addOption(jsonOption('the state'))
    .action((run: string, flags: { json?: true }) => cancel(run, flags, readSettings(command)));
}

async function cancel(run: string, flags: { json?: true }, settings: CliSettings): Promise<void> {
  const { runId, store } = await openStoredRun(run, settings.store);
  const storage = openStorage(store);
  const { status } = await readRunState(storage, { runId });
  if (isReported(status)) {
    throw new TopfiveError(
      'usage',
      `run ${runId} has ended already (${status}): there is nothing to cancel`,
    );
  }
  const workplace = await joinWorkplace({ ...settings, store }, { own: false });
  try {
    await cancelRun(runId, { storage, ...(workplace && { queue: workplace.queue }) });
  } finally {
    await workplace?.close();
  }
  if (flags.json) await writeJson(await readRunState(storage, { runId }));
  else tell(`run ${runId} is cancelled; "topfive resume ${runId}" goes on where it stopped`);
}
