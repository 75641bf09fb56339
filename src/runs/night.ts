/** Concluding a night: its run is judged, the verdict told in one line, and everything is kept. */

import { readBaseline } from '../jobs/baselines.ts';
import { noiseScope, readNoise } from '../jobs/calibrations.ts';
import { alphaOf, gatesOf } from '../jobs/gates.ts';
import { judgeNight, type NightBaseline } from '../jobs/judge-night.ts';
import { keepHistory, readHistory } from '../jobs/model-history.ts';
import { keepNight, readNights } from '../jobs/nights.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { lastOnSchedule, type Schedule } from '../jobs/schedules.ts';
import type { Spec } from '../jobs/spec.ts';
import { countNights } from '../jobs/timetable.ts';
import { modelLabels } from '../report/findings.ts';
import { nightLine, nightNotes } from '../report/night-words.ts';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { type MissedNights, missedNights, type Night } from '../scoring/night-record.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { findBaseline, openEndedRun } from './find-baseline.ts';

export interface NightOutcome {
  night: Night;
  record: RunRecord;
  /** Null where the night was not held against a run. */
  comparison: ComparisonRecord | null;
}

/** A night that a timetable asked for. */
export interface Scheduled {
  schedule: Schedule;
  due: Date;
}

export interface Concluding {
  spec: Spec;
  scheduled?: Scheduled;
  storage: Storage;
  store: string;
  now: Date;
}

/** The run must have ended with a report. */
export async function concludeNight(
  runId: string,
  { spec, scheduled, storage, store, now }: Concluding,
): Promise<NightOutcome> {
  const gates = gatesOf(spec);
  const candidate = await openEndedRun(runId, store);
  const { record } = candidate;
  const { name } = record;
  const baseline = await findBaseline(gates, { name, store, now });
  const runs = baseline.kind === 'run' ? [record, baseline.run.record] : [record];
  const noiseOf = await readNoise(storage, { runs, scope: noiseScope(record, alphaOf(gates)) });
  const { known } = await readBaseline(storage, { name, now });
  const { comparison, remarks, ...judged } = await judgeNight({
    candidate,
    baseline,
    gates,
    known,
    noiseOf,
  });
  const nights = await readNights(storage, name);
  const missed = scheduled
    ? missedOnTimetable(nights, scheduled)
    : missedNights(nights, new Date(record.createdAt));
  const place = scheduled && {
    scheduled: { schedule: scheduled.schedule.name, due: scheduled.due.toISOString() },
  };
  const told = { ...judged, name, comparison, record };
  const night: Night = {
    schemaVersion: 1,
    name,
    runId,
    at: record.finishedAt,
    verdict: judged.verdict,
    line: nightLine(told),
    reasons: judged.reasons,
    notes: [...nightNotes({ ...told, ...place, missed }), ...remarks],
    baseline: nameOf(baseline),
    gates: judged.gates,
    latency: judged.latency,
    reused: reusedOf(record),
    stoppedEarly: record.status === 'stopped-early',
    ...place,
  };
  await keepNight(storage, night);
  const outcome = { night, record, comparison };
  await keepHistory(storage, outcome);
  return outcome;
}

/** Writes the files of the night into the folder of its run. */
export async function keepNightFiles(storage: Storage, outcome: NightOutcome): Promise<void> {
  // Loaded here alone: drawing charts takes more code than all the rest.
  const { nightFiles } = await import('../report/night-render.ts');
  const { night, record, comparison } = outcome;
  const labels = modelLabels(record);
  const history = await Promise.all(
    record.models.map(async (model, index) => {
      return { label: labels[index], entries: await readHistory(storage, model) };
    }),
  );
  for (const { name, content } of nightFiles(night, { comparison, history })) {
    await storage.put(runKeys(night.runId).root + name, content);
  }
}

/** A night that was begun and came to nothing is missed as well. */
function missedOnTimetable(nights: Night[], { schedule, due }: Scheduled): MissedNights | null {
  const { last, since } = lastOnSchedule(nights, schedule);
  const count = countNights(schedule, { from: since, until: due });
  const { cron, timeZone } = schedule;
  return count === 0 ? null : { count, last: last?.at ?? null, rhythm: { cron, timeZone } };
}

function nameOf(baseline: NightBaseline): string | null {
  if (baseline.kind === 'run') return baseline.run.record.runId;
  return baseline.kind === 'published' ? 'published' : null;
}

function reusedOf({ models }: RunRecord): Night['reused'] {
  const sum = { shards: 0, of: 0 };
  for (const { reused } of models) {
    sum.shards += reused?.shards ?? 0;
    sum.of += reused?.of ?? 0;
  }
  return sum;
}
