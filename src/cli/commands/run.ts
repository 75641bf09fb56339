/** `topfive run`: submit, launch local workers, watch, report. */
import type { Command } from 'commander';
import { checkStore } from '../../runs/check-store.ts';
import { checkOutput } from '../../runs/collect.ts';
import { persistRun, prepareRun } from '../../runs/submit.ts';
import { openStorage } from '../../storage/open.ts';
import { conductRun, type ResultFlags } from '../conduct.ts';
import {
  addCoordinatorOptions,
  type CoordinatorFlags,
  checkCoordinatorFlags,
  openPlace,
} from '../coordinator-flags.ts';
import { expectedFleet, isPlatform, requireReachable, shareModels } from '../launch.ts';
import { addFleetOptions, type FleetFlags, jsonOption } from '../options.ts';
import { tell } from '../out.ts';
import { readSettings } from '../settings.ts';
import { addSpecOptions, readSpec, type SpecFlags } from '../spec-flags.ts';

type RunFlags = SpecFlags & FleetFlags & CoordinatorFlags & ResultFlags & { reuse?: true };

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('evaluate: submit, start local workers, watch, report');
  addSpecOptions(command);
  addFleetOptions(command);
  addCoordinatorOptions(command)
    .option('--out <dir>', 'copy the run folder there (it always is in the store)')
    .option('--reuse', 'take over records of earlier runs made under equal conditions')
    .addOption(jsonOption('the run record, or why there is none,'))
    .action(async (file: string | undefined, flags: RunFlags) => {
      process.exitCode = await run(file, { flags, command });
    });
}

async function run(
  file: string | undefined,
  { flags, command }: { flags: RunFlags; command: Command },
): Promise<number> {
  const settings = readSettings(command);
  checkCoordinatorFlags(flags, settings);
  const spec = await readSpec(file, flags);
  if (flags.out !== undefined) await checkOutput(flags.out);
  const { store, environment } = settings;
  const { launch } = flags;
  if (isPlatform(launch)) requireReachable(spec, { who: launch.who, store });
  const fleet = expectedFleet(launch, flags.workers || environment.cores);
  const storage = openStorage(store);
  await checkStore(storage);
  const prepared = await prepareRun(spec, { ...fleet, reuse: flags.reuse === true, store });
  for (const warning of prepared.warnings) tell(`warning: ${warning}`);
  const submission = isPlatform(launch)
    ? await shareModels(prepared, { storage, ci: environment.ci })
    : prepared;
  const workplace = await openPlace(submission.plan, { flags, settings });
  try {
    await persistRun(workplace.storage, submission);
    return await conductRun({ plan: submission.plan, workplace, settings, flags });
  } finally {
    await workplace.close();
  }
}
