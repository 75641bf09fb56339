/** `topfive resume`: goes on with a run that was cancelled, failed or left behind. */
import type { Command } from 'commander';
import { loadPlan } from '../../jobs/plan.ts';
import { clearEnding, isReported, readRunState } from '../../jobs/run-state.ts';
import { checkOutput } from '../../runs/collect.ts';
import { openStoredRun } from '../../runs/open-run.ts';
import { hasEnded } from '../../runs/watch.ts';
import { openStorage } from '../../storage/open.ts';
import { conductRun, type ResultFlags, tellResult } from '../conduct.ts';
import {
  addCoordinatorOptions,
  type CoordinatorFlags,
  checkCoordinatorFlags,
  openPlace,
} from '../coordinator-flags.ts';
import { addFleetOptions, type FleetFlags, jsonOption } from '../options.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

type ResumeFlags = FleetFlags & CoordinatorFlags & ResultFlags & { ifUnfinished?: true };

export function addResume(program: Command): void {
  const command = program
    .command('resume')
    .description('go on with a run that was cancelled, failed or left behind')
    .argument('<run>', runArgument);
  addFleetOptions(command);
  addCoordinatorOptions(command)
    .option('--if-unfinished', 'end at once when the run was cancelled or failed')
    .option('--out <dir>', 'copy the run folder there')
    .addOption(jsonOption('the run record, or why there is none,'))
    .action(async (run: string, flags: ResumeFlags) => {
      process.exitCode = await resume(run, flags, readSettings(command));
    });
}

async function resume(run: string, flags: ResumeFlags, settings: CliSettings): Promise<number> {
  checkCoordinatorFlags(flags, settings);
  const { runId, store } = await openStoredRun(run, settings.store);
  const storage = openStorage(store);
  if (flags.out !== undefined) await checkOutput(flags.out);
  const state = await readRunState(storage, { runId });
  const isDone = isReported(state.status) && state.status !== 'invalid';
  if (isDone || (flags.ifUnfinished && hasEnded(state)))
    return tellResult(state, { storage, flags });
  const here = { ...settings, store };
  const plan = await loadPlan(storage, runId);
  const workplace = await openPlace(plan, { flags, settings: here });
  try {
    await clearEnding(storage, runId);
    return await conductRun({ plan, workplace, settings: here, flags });
  } finally {
    await workplace.close();
  }
}
