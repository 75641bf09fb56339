/** `topfive submit`: persists a run and leaves the work to others. */
import type { Command } from 'commander';
import { launchCoordinator, platformLauncher } from '../../launch/platform.ts';
import { launchSupervisor } from '../../launch/supervisor.ts';
import { counted } from '../../report/numbers.ts';
import { checkStore } from '../../runs/check-store.ts';
import { enqueueMissing, persistRun, prepareRun, type Submission } from '../../runs/submit.ts';
import { joinWorkplace, supervisorLog } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import {
  addEstimateOptions,
  checkEstimateFlags,
  type EstimateFlags,
  tellEstimate,
} from '../estimate.ts';
import {
  chosenFleet,
  expectedFleet,
  isPlatform,
  type LaunchChoice,
  launchOption,
  openChosen,
  type PlatformChoice,
  platformEnv,
  requireReachable,
  shareModels,
} from '../launch.ts';
import { jsonOption, threadsOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { addSpecOptions, readSpec, type SpecFlags } from '../spec-flags.ts';

interface SubmitFlags extends SpecFlags, EstimateFlags {
  launch: LaunchChoice;
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
      launchOption('none (workers on the queue)').default({ who: 'none' } as LaunchChoice, 'none'),
    )
    .addOption(threadsOption())
    .option('--reuse', 'take over records of earlier runs made under equal conditions')
    .addOption(jsonOption('{ runId }, or the estimate,'))
    .action(async (file: string | undefined, flags: SubmitFlags) => {
      await submit(file, { flags, command });
    });
}

interface Submitting {
  flags: SubmitFlags;
  settings: CliSettings;
}

async function submit(
  file: string | undefined,
  { flags, command }: { flags: SubmitFlags; command: Command },
): Promise<void> {
  const settings = readSettings(command);
  checkEstimateFlags(flags);
  const spec = await readSpec(file, flags);
  const { launch, dryRun } = flags;
  const { store, environment } = settings;
  if (isPlatform(launch) && !dryRun) requireReachable(spec, { who: launch.who, store });
  const storage = openStorage(store);
  if (!dryRun) await checkStore(storage);
  const fleet = expectedFleet(launch, environment.cores);
  const submission = await prepareRun(spec, { ...fleet, reuse: flags.reuse === true, store });
  for (const warning of submission.warnings) tell(`warning: ${warning}`);
  const { runId } = submission.plan;
  if (dryRun) {
    const workers = launch.who === 'none' ? undefined : launch.workers;
    await tellEstimate(submission, { storage, flags, workers });
    return;
  }
  if (isPlatform(launch)) await launchThere(submission, { launch, flags, settings });
  else if (launch.who === 'local') await launchHere(submission, { launch, flags, settings });
  else await leaveToQueue(submission, settings);
  await (flags.json ? writeJson({ runId }) : writeOut(`${runId}\n`));
}

async function launchHere(
  submission: Submission,
  { launch, flags, settings }: Submitting & { launch: Extract<LaunchChoice, { who: 'local' }> },
): Promise<void> {
  const storage = openStorage(settings.store);
  await persistRun(storage, submission);
  const { runId } = submission.plan;
  const logFile = supervisorLog(storage, runId);
  const args = ['--workers', String(launch.workers), '--threads', String(flags.threads)];
  await launchSupervisor(runId, { args, env: settings.childEnv, logFile });
  tell(`${launch.workers} workers start in the background; messages are in ${logFile}`);
}

/** Without a queue of one's own, a coordinator there brings one and starts the workers. */
async function launchThere(
  prepared: Submission,
  { launch, flags, settings }: Submitting & { launch: PlatformChoice },
): Promise<void> {
  const { plan } = prepared;
  const { runId } = plan;
  const storage = openStorage(settings.store);
  const platform = await openChosen(launch);
  const { workers, why } = await chosenFleet(launch, { plan, storage });
  const env = platformEnv(settings.childEnv, storage);
  const threads = ['--threads', String(flags.threads)];
  // The first question to the platform comes before anything is stored.
  await platform.list({ runId, role: 'worker' });
  const submission = await shareModels(prepared, { storage, ci: settings.environment.ci });
  if (settings.queue === undefined) {
    await persistRun(storage, submission);
    const fleet = ['--coordinate', '--launch', `${launch.who}:${workers}`];
    const args = ['resume', runId, '--if-unfinished', ...fleet, ...threads];
    await launchCoordinator(runId, { platform, args, env });
    tell(`a coordinator starts on ${launch.who}, and ${counted(workers, 'worker')}: ${why}`);
  } else {
    await leaveToQueue(submission, settings);
    const order = { runId, workers, args: threads };
    await platformLauncher({ platform, env, onLine: tell }).start(order);
    tell(`${counted(workers, 'worker')} start on ${launch.who}: ${why}`);
  }
  tell(`"topfive watch ${runId} --store ${settings.store}" follows the run`);
}

async function leaveToQueue(submission: Submission, settings: CliSettings): Promise<void> {
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
