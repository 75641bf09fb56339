/** `topfive submit`: persists a run and leaves the work to others. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { TopfiveError } from '../../errors.ts';
import type { Plan } from '../../jobs/plan.ts';
import { launchSupervisor } from '../../launch/supervisor.ts';
import { checkStore } from '../../runs/check-store.ts';
import { enqueueMissing, persistRun, prepareRun } from '../../runs/submit.ts';
import { joinWorkplace, supervisorLog } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import {
  addEstimateOptions,
  checkEstimateFlags,
  type EstimateFlags,
  tellEstimate,
} from '../estimate.ts';
import { jsonOption, threadsOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { addSpecOptions, readSpec, type SpecFlags } from '../spec-flags.ts';

interface SubmitFlags extends SpecFlags, EstimateFlags {
  /** Workers to launch here; 0 leaves it to workers on the queue. */
  launch: number;
  threads: number;
  reuse?: true;
  json?: true;
}

export function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('put an evaluation on the queue and print its run id');
  addSpecOptions(command);
  addEstimateOptions(command)
    .addOption(
      new Option(
        '--launch <who>',
        'who works: none (workers on the queue), or local:N (N workers here, in the background)',
      )
        .argParser(readLaunch)
        .default(0, 'none'),
    )
    .addOption(threadsOption())
    .option('--reuse', 'take over records of earlier runs made under equal conditions')
    .addOption(jsonOption('{ runId }, or the estimate,'))
    .action(async (file: string | undefined, flags: SubmitFlags) => {
      await submit(file, { flags, command });
    });
}

function readLaunch(text: string): number {
  if (text === 'none') return 0;
  const local = /^local:([1-9]\d{0,3})$/.exec(text);
  if (local) return Number(local[1]);
  if (text === 'aws-batch' || text === 'kubernetes') {
    throw new TopfiveError(
      'usage',
      `--launch ${text} is not built yet: use local:N, or none and start "topfive worker" there`,
    );
  }
  throw new InvalidArgumentError('It must be none, local:N, aws-batch or kubernetes.');
}

async function submit(
  file: string | undefined,
  { flags, command }: { flags: SubmitFlags; command: Command },
): Promise<void> {
  const settings = readSettings(command);
  checkEstimateFlags(flags);
  const spec = await readSpec(file, flags);
  const storage = openStorage(settings.store);
  const workers = flags.launch || settings.environment.cores;
  if (!flags.dryRun) await checkStore(storage);
  const { store } = settings;
  const submission = await prepareRun(spec, { workers, reuse: flags.reuse === true, store });
  for (const warning of submission.warnings) tell(`warning: ${warning}`);
  if (flags.dryRun) {
    await tellEstimate(submission, { storage, flags, workers: flags.launch || undefined });
    return;
  }
  const { plan } = submission;
  if (flags.launch > 0) {
    await persistRun(storage, submission);
    await launchHere(plan, { flags, settings });
  } else {
    await leaveToQueue(submission, settings);
  }
  await (flags.json ? writeJson({ runId: plan.runId }) : writeOut(`${plan.runId}\n`));
}

async function launchHere(
  { runId }: Plan,
  { flags, settings }: { flags: SubmitFlags; settings: CliSettings },
): Promise<void> {
  const logFile = supervisorLog(openStorage(settings.store), runId);
  const args = ['--workers', String(flags.launch), '--threads', String(flags.threads)];
  await launchSupervisor(runId, { args, env: settings.childEnv, logFile });
  tell(`${flags.launch} workers start in the background; messages are in ${logFile}`);
}

async function leaveToQueue(
  submission: Awaited<ReturnType<typeof prepareRun>>,
  settings: CliSettings,
): Promise<void> {
  const workplace = await joinWorkplace(settings, { own: false });
  const storage = workplace?.storage ?? openStorage(settings.store);
  try {
    await persistRun(storage, submission);
    if (workplace) await enqueueMissing(submission.plan, workplace);
    else {
      tell(
        `nobody works for this store yet: "topfive worker --store ${settings.store}" takes the run up`,
      );
    }
  } finally {
    await workplace?.close();
  }
}
