/** `topfive worker`: takes jobs until told to stop, or idle. */
import { type Command, Option } from 'commander';
import { metadataService } from '../../launch/settings.ts';
import type { NightDuty } from '../../runs/night-duty.ts';
import { openStoredRun } from '../../runs/open-run.ts';
import { enqueueUnfinished } from '../../runs/submit.ts';
import { openWorkplace, type Workplace } from '../../runs/workplace.ts';
import { spotNotice } from '../../workers/spot-notice.ts';
import type { RunningWorker } from '../../workers/worker.ts';
import { pixelThreadsFor } from '../crew.ts';
import { type DeviceFlag, deviceOption, threadsOption, wholeNumber } from '../options.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { settleDevice } from '../settle-device.ts';

interface WorkerFlags {
  run?: string;
  exitWhenIdle?: number;
  device?: DeviceFlag;
  threads: number;
  pixelThreads?: number;
  grace: number;
  spotNotice?: true;
}

/** A worker that cannot close its connections ends itself this long after its grace, in milliseconds. */
const lastResortMs = 20_000;
/** The same when its launcher is gone, and most likely the queue with it. */
const orphanResortMs = 3000;

export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('take jobs off the queue until told to stop, or idle; start one a core')
    .option(
      '--exit-when-idle <seconds>',
      'end after so long with no unfinished run of its store queued',
      wholeNumber(0),
    )
    .addOption(
      new Option(
        '--run <run>',
        "work for this run alone, and end with it; its coordinator's queue is found without --queue",
      ).conflicts('exitWhenIdle'),
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option(
      '--pixel-threads <n>',
      'threads that decode and resize (one; on a GPU all cores but one)',
      wholeNumber(1),
    )
    .option(
      '--grace <seconds>',
      'at SIGTERM, how long a shard may take to finish before it goes back on the queue',
      wholeNumber(0),
      5,
    )
    .option(
      '--spot-notice',
      "end as at SIGTERM when EC2's metadata say that this host is to be taken",
    )
    .action((flags: WorkerFlags) => work(flags, readSettings(command)));
}

async function work(flags: WorkerFlags, settings: CliSettings): Promise<void> {
  const over = new AbortController();
  const stop = flags.spotNotice
    ? Promise.race([listenForEnd(), noticed(settings, over.signal)])
    : listenForEnd();
  const run = flags.run === undefined ? undefined : await openStoredRun(flags.run, settings.store);
  const device = await settleDevice(flags.device, settings);
  const { cores } = settings.environment;
  const pixelThreads = flags.pixelThreads ?? pixelThreadsFor(device, { cores, workers: 1 });
  const duties = { device, threads: flags.threads, pixelThreads };
  const follow = async (worker: RunningWorker) => {
    stop.then((why) => close(worker, { why, graceMs: flags.grace * 1000 }));
    await worker.done.finally(() => over.abort());
  };
  if (run) {
    const { startRunMember } = await import('../../workers/run-member.ts');
    const { queue, log } = settings;
    return follow(startRunMember({ ...duties, ...run, queue, log }));
  }
  const workplace = await openWorkplace(settings);
  let nights: NightDuty | undefined;
  try {
    if (workplace.engine.owned) await takeUp(workplace, settings);
    // Loaded here alone, because it brings the report with its charts.
    const { startWorker } = await import('../../workers/worker.ts');
    nights = takesNights(flags) ? await openNights(workplace, settings) : undefined;
    const worker = await startWorker({
      ...duties,
      store: workplace.storage.uri,
      queue: workplace.engine.url,
      log: settings.log,
      ...(nights && { night: nights.night }),
      ...(flags.exitWhenIdle !== undefined && { exitWhenIdleSeconds: flags.exitWhenIdle }),
    });
    settings.log.info(`worker ${process.pid} takes jobs of ${workplace.storage.uri}`);
    await follow(worker);
  } finally {
    await nights?.close();
    await workplace.close();
  }
}

/** A worker that ends by itself, or with the run that it was launched for, would leave a night half done. */
function takesNights({ exitWhenIdle }: WorkerFlags): boolean {
  return exitWhenIdle === undefined && !isLaunched();
}

/** Loaded here alone, because it judges and reports. */
async function openNights(workplace: Workplace, { store, log }: CliSettings): Promise<NightDuty> {
  const { openNightDuty } = await import('../../runs/night-duty.ts');
  return openNightDuty({ workplace, store, log });
}

function isLaunched(): boolean {
  return process.channel !== undefined && process.channel !== null;
}

/** An engine that was just started may know less than storage does. */
async function takeUp(workplace: Workplace, { log }: CliSettings): Promise<void> {
  const { runIds, warnings } = await enqueueUnfinished(workplace);
  for (const warning of warnings) log.warn(warning);
  if (runIds.length > 0) log.info(`taking up ${runIds.join(', ')}`);
}

type EndReason = 'told' | 'orphaned';

async function noticed({ log }: CliSettings, signal: AbortSignal): Promise<EndReason> {
  await spotNotice({ service: metadataService(), signal });
  log.warn('this host is about to be taken: the worker ends');
  return 'told';
}

/** Resolves when this worker is to end: at SIGTERM or SIGINT, or when the process that launched it is gone. */
function listenForEnd(): Promise<EndReason> {
  return new Promise((resolve) => {
    const launched = isLaunched();
    process.on('SIGTERM', () => resolve('told'));
    // Ctrl-C reaches a launched worker together with its launcher, which decides what it means.
    process.on('SIGINT', () => launched || resolve('told'));
    if (launched) {
      process.channel?.unref();
      process.on('disconnect', () => resolve('orphaned'));
    }
  });
}

/** An orphan gives its shard back at once: nobody waits for it here. */
async function close(
  worker: RunningWorker,
  { why, graceMs }: { why: EndReason; graceMs: number },
): Promise<void> {
  const lastResort = () => process.kill(process.pid, 'SIGKILL');
  const within = why === 'orphaned' ? orphanResortMs : graceMs + lastResortMs;
  setTimeout(lastResort, within).unref();
  await worker.close(why === 'orphaned' ? 0 : graceMs);
}
