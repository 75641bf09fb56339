/** A run from its plan to its result on the command line: progress, interrupts, the summary and the exit code. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, messageOf } from '../errors.ts';
import type { Plan } from '../jobs/plan.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { type RunState, readRunRecord } from '../jobs/run-state.ts';
import { type Launcher, noLauncher } from '../launch/launcher.ts';
import { localLauncher } from '../launch/local.ts';
import { platformLauncher } from '../launch/platform.ts';
import { counted } from '../report/numbers.ts';
import { summaryTable } from '../report/text-table.ts';
import { collectRun } from '../runs/collect.ts';
import { driveRun } from '../runs/run.ts';
import type { Watched } from '../runs/watch.ts';
import type { Workplace } from '../runs/workplace.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import type { CoordinatorFlags } from './coordinator-flags.ts';
import { crewFor } from './crew.ts';
import { catchInterrupts } from './interrupt.ts';
import { chosenFleet, isPlatform, openChosen, platformEnv } from './launch.ts';
import type { FleetFlags } from './options.ts';
import { isPlain, tell, writeJson, writeOut } from './out.ts';
import { openProgress, runRows } from './progress.ts';
import type { CliSettings } from './settings.ts';
import { settleDevice } from './settle-device.ts';

export interface ResultFlags {
  out?: string;
  json?: true;
}

export interface Conduct {
  plan: Plan;
  workplace: Workplace;
  settings: CliSettings;
  flags: ResultFlags & FleetFlags & Pick<CoordinatorFlags, 'launch'>;
}

interface ChosenFleet {
  /** Tells lines of its workers. */
  launcher: (onLine: (line: string) => void) => Launcher;
  workers: number;
  /** For each `topfive worker`. */
  args: string[];
}

/** Who works: the platform's workers, workers here, or those that come by themselves. */
async function chooseFleet(conducting: Conduct): Promise<ChosenFleet> {
  const { plan, workplace, settings, flags } = conducting;
  if (isPlatform(flags.launch)) {
    const { storage } = workplace;
    const { workers, why } = await chosenFleet(flags.launch, { plan, storage });
    tell(`starting ${counted(workers, 'worker')} on ${flags.launch.who}: ${why}`);
    const platform = await openChosen(flags.launch);
    const env = platformEnv(settings.childEnv, storage);
    const args = ['--threads', String(flags.threads)];
    return { launcher: (onLine) => platformLauncher({ platform, env, onLine }), workers, args };
  }
  const asked = askedFor(conducting);
  if (asked === 0) return { launcher: () => noLauncher, workers: 0, args: [] };
  // Once for all workers here; workers elsewhere see for themselves.
  const device = await settlePlanned(plan, settings);
  const machine = settings.environment;
  const crew = crewFor(plan, { device, workers: asked, threads: flags.threads, machine });
  if (crew.note !== undefined) tell(crew.note);
  const { env, args } = joining(conducting);
  const threads = ['--threads', `${crew.threads}`, '--pixel-threads', `${crew.pixelThreads}`];
  return {
    launcher: (onLine) => localLauncher({ env, onLine }),
    workers: crew.workers,
    args: ['--device', device, ...threads, ...args],
  };
}

/** Undefined where nobody said how many. */
function askedFor({ workplace, flags }: Conduct): number | undefined {
  if (!workplace.coordination) return flags.workers;
  return flags.launch?.who === 'local' ? flags.launch.workers : 0;
}

function settlePlanned({ models, spec }: Plan, settings: CliSettings) {
  const half = models.some(({ precision }) => precision === 'fp16');
  return settleDevice(spec.device, { ...settings, precision: half ? 'fp16' : 'fp32' });
}

/** Drives the run to its end and tells the result; the exit code says how it ended. */
export async function conductRun(conducting: Conduct): Promise<number> {
  const { workplace, flags } = conducting;
  return tellResult(await conduct(conducting), { storage: workplace.storage, flags });
}

/** Drives the run to its end with progress on stderr; the state in which it ended. */
export async function conduct(conducting: Conduct): Promise<Watched> {
  const { plan, workplace, settings, flags } = conducting;
  const { coordination } = workplace;
  const { runId } = plan;
  const { launcher, workers, args } = await chooseFleet(conducting);
  const progress = openProgress({ stream: process.stderr, ci: settings.environment.ci });
  const interrupts = catchInterrupts({
    // A coordinator that is told to end by its platform leaves the run to the one that is started in its place.
    ...(coordination && { signals: ['SIGINT'] }),
    onFirst: () => progress.line('cancelling: what is scored stays; once more ends at once'),
    onSecond: progress.stop,
  });
  const tellLatency = latencyTeller(plan, progress.line);
  const stepDown = () => coordination?.stepDown();
  if (coordination) process.once('SIGTERM', stepDown);
  progress.line(startLine(conducting, workers));
  try {
    const options = {
      launcher: launcher(progress.line),
      workers,
      workerArgs: args,
      signal: interrupts.signal,
      onLine: progress.line,
      onState(state: Watched) {
        progress.update(runRows(state), state.seconds);
        tellLatency(state);
      },
    };
    return await driveRun(plan, { workplace, options });
  } catch (error) {
    if (flags.json) await writeJson({ runId, status: 'failed', reasons: [messageOf(error)] });
    throw error;
  } finally {
    progress.stop();
    interrupts.release();
    process.off('SIGTERM', stepDown);
  }
}

/** After the last shard there is nothing to count while latency is measured. */
function latencyTeller({ spec }: Plan, line: (text: string) => void): (state: Watched) => void {
  let told = spec.latency === undefined;
  return ({ shards: { done, total } }) => {
    if (told || done < total) return;
    told = true;
    line('measuring latency, on one worker that does nothing else');
  };
}

/** How local workers find the run: they attach to the queue, or look a coordinator up as workers elsewhere do. */
function joining({ plan, workplace: { storage, engine, coordination }, settings }: Conduct) {
  const env = { ...quietEnv(settings), TOPFIVE_STORE: storage.uri };
  return coordination
    ? { env, args: ['--run', plan.runId] }
    : { env: { ...env, TOPFIVE_QUEUE: engine.url }, args: [] };
}

/** Workers tell what went wrong; what goes well is what the progress shows. */
function quietEnv({ childEnv }: CliSettings): NodeJS.ProcessEnv {
  const level = childEnv.TOPFIVE_LOG_LEVEL;
  return { ...childEnv, TOPFIVE_LOG_LEVEL: level === 'info' ? 'warn' : level };
}

const again = ({ runId }: Pick<Plan, 'runId'>) => `topfive resume ${runId}`;

function startLine({ plan, workplace, settings: { store } }: Conduct, workers: number): string {
  const { runId, dataset, models, shards } = plan;
  const joined = workplace.coordination ? ` --run ${runId}` : '';
  const work = `${counted(dataset.images, 'image')}, ${counted(models.length, 'model')}, ${counted(shards.length, 'shard')}`;
  const who =
    workers === 0
      ? `workers on the queue do it (topfive worker --store ${store}${joined})`
      : counted(workers, 'worker');
  return `run ${runId}: ${work}, ${who}`;
}

/** Tells how a run ended, and where its report is. */
export async function tellResult(
  state: RunState,
  { storage, flags }: { storage: Storage; flags: ResultFlags },
): Promise<number> {
  const { runId } = state;
  const record = await readRunRecord(storage, runId);
  if (!record) return tellUnfinished(state, flags);
  if (flags.out !== undefined) await collectRun(storage, { runId, directory: flags.out });
  if (flags.json) {
    await writeOut(await storage.get(runKeys(runId).report));
  } else {
    await writeOut(summaryTable(record, { plain: isPlain(process.stdout) }));
    await writeOut(`Report: ${reportPlace(storage, { runId, out: flags.out })}\n`);
  }
  return exitOf(record);
}

/** Says how to go on with a run that has no report; the exit code says why. */
export async function tellUnfinished(state: RunState, flags: ResultFlags): Promise<number> {
  const { runId, status } = state;
  const cancelled = status === 'cancelled';
  const reasons = unfinishedReasons(state);
  if (flags.json) await writeJson({ runId, status, reasons });
  tell(
    cancelled
      ? `run ${runId} is cancelled; "${again(state)}" goes on where it stopped`
      : `error: run ${runId} ${status}: ${reasons.join('; ')}; mend the cause, then "${again(state)}"`,
  );
  return cancelled ? exitCodes.cancelled : exitCodes.failed;
}

export function unfinishedReasons({ reason, status }: RunState): string[] {
  return [reason ?? (status === 'cancelled' ? 'the run was cancelled' : 'the run did not end')];
}

/** 3 for a run whose numbers do not stand. */
export function exitOf({ status }: Pick<RunRecord, 'status'>): number {
  return status === 'invalid' ? exitCodes.invalid : exitCodes.done;
}

function reportPlace(
  storage: Storage,
  { runId, out }: { runId: string; out: string | undefined },
): string {
  if (out !== undefined) return join(out, 'report.html');
  const { root } = runKeys(runId);
  return storage.uri.startsWith('file:')
    ? join(fileURLToPath(storage.uri), root, 'report.html')
    : `${storage.uri}/${root}report.html`;
}
