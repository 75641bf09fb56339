/** A night that a timetable asked for, from the job on the queue to the verdict: as `topfive nightly`, with nobody there to watch. */
import type { WebhookSettings } from '../config.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { findNight } from '../jobs/nights.ts';
import { loadPlan, type Plan } from '../jobs/plan.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { isReported } from '../jobs/run-state.ts';
import { findBegun, findSchedule, markBegun, type Schedule } from '../jobs/schedules.ts';
import type { Logger } from '../log.ts';
import type { NightPayload } from '../queue/payload.ts';
import type { NightContext } from '../queue/run-worker.ts';
import { brokenNightMessage, nightMessage } from '../report/night-message.ts';
import { concludeNight, keepNightFiles } from './night.ts';
import { prepareNight } from './prepare-night.ts';
import { enqueueMissing, persistRun } from './submit.ts';
import { tellWebhook, webhookOf } from './tell-night.ts';
import { type Watched, watchRun } from './watch.ts';
import type { Workplace } from './workplace.ts';

export interface NightShift {
  workplace: Workplace;
  /** Of the command, as it was named. */
  store: string;
  log: Logger;
}

/**
 * Its shards are work for all workers of the queue, the one that conducts it among them. Rejects when there is no verdict; after
 * the last attempt the webhook says so.
 */
export async function conductNight(
  { schedule: name }: NightPayload,
  { context, shift }: { context: NightContext; shift: NightShift },
): Promise<void> {
  const { log, workplace } = shift;
  const schedule = await findSchedule(workplace.storage, name);
  if (!schedule) {
    log.info(`schedule "${name}" was removed; nothing is run for it`);
    return;
  }
  const webhook = webhookOf(schedule.spec);
  try {
    await conduct(schedule, { context, shift, webhook });
  } catch (error) {
    const again = error instanceof TopfiveError ? error.retryable : true;
    if (context.signal.aborted || (again && !context.finalAttempt)) throw error;
    log.error(`night of schedule "${name}": ${messageOf(error)}`);
    const warn = (line: string) => log.warn(line);
    await tellWebhook(brokenNightMessage(schedule.spec, messageOf(error)), { webhook, warn });
    throw error;
  }
}

async function conduct(
  schedule: Schedule,
  {
    context,
    shift,
    webhook,
  }: { context: NightContext; shift: NightShift; webhook: WebhookSettings },
): Promise<void> {
  const { workplace, store, log } = shift;
  const { storage, queue } = workplace;
  const { spec } = schedule;
  const { due, signal } = context;
  const plan = await beginRun(schedule, { due, shift });
  const { runId, name } = plan;
  await enqueueMissing(plan, { storage, queue });
  const ended = await watchRun({ storage, runId, queue, signal, onState: () => {} });
  signal.throwIfAborted();
  checkEnded(ended);
  // A worker that died after this point left the night behind, but may not have told it.
  const kept = await findNight(storage, { name, runId });
  const night = kept ?? (await concluded());
  log[night.verdict === 'pass' ? 'info' : 'warn'](night.line);
  await tellWebhook(nightMessage(night), { webhook, warn: (line) => log.warn(line) });

  async function concluded() {
    const scheduled = { schedule, due };
    const outcome = await concludeNight(runId, {
      spec,
      scheduled,
      storage,
      store,
      now: new Date(),
    });
    await keepNightFiles(storage, outcome);
    return outcome.night;
  }
}

/** The run that was begun for this night already, or a new one. */
async function beginRun(
  schedule: Schedule,
  { due, shift: { workplace, store, log } }: { due: Date; shift: NightShift },
): Promise<Plan> {
  const { storage, queue } = workplace;
  const begun = await findBegun(storage, { schedule: schedule.name, due });
  if (begun !== undefined && (await storage.size(runKeys(begun).plan)) !== undefined) {
    return loadPlan(storage, begun);
  }
  const workers = Math.max(1, await queue.countWorkers());
  const submission = await prepareNight(schedule.spec, { workers, store });
  for (const warning of submission.warnings) log.warn(warning);
  const { plan } = submission;
  await markBegun(storage, { schedule: schedule.name, due, runId: plan.runId });
  await persistRun(storage, submission);
  log.info(`run ${plan.runId} is the night of schedule "${schedule.name}"`);
  return plan;
}

function checkEnded({ runId, status, reason }: Watched): void {
  if (isReported(status)) return;
  const why = reason ?? (status === 'cancelled' ? 'it was cancelled' : 'it did not end');
  throw new TopfiveError('failed', `run ${runId} came to no report: ${why}`);
}
