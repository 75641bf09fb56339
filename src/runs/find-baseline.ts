/** The run that a night, or an early stop, is held against. */
import { TopfiveError } from '../errors.ts';
import { type Baseline, readBaseline } from '../jobs/baselines.ts';
import type { EndedRun } from '../jobs/compare-runs.ts';
import type { Gates } from '../jobs/gates.ts';
import type { NightBaseline } from '../jobs/judge-night.ts';
import { readReport } from '../jobs/run-folder.ts';
import { openStorage } from '../storage/open.ts';
import { openRunFolder } from './open-run.ts';

export interface BaselineSearch {
  /** Of the runs that it serves. */
  name: string;
  store: string;
  now: Date;
}

/** `none`, with what to do, when nothing is blessed, or no longer. Rejects when a run that the spec names is not there. */
export async function findBaseline(
  { baseline }: Gates,
  search: BaselineSearch,
): Promise<NightBaseline> {
  const { name, store, now } = search;
  if (baseline === 'published') return { kind: 'published' };
  if (baseline !== 'blessed') return { kind: 'run', run: await openEndedRun(baseline, store) };
  const blessed = await readBaseline(openStorage(store), { name, now });
  const reason = whyNone(blessed);
  if (reason !== null) return { kind: 'none', reason };
  try {
    return { kind: 'run', run: await openEndedRun(blessed.blessing!.runId, store) };
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'not-found') throw error;
    return { kind: 'none', reason: `The baseline of "${name}" is gone: ${error.message}.` };
  }
}

function whyNone({ name, blessing, isExpired }: Baseline): string | null {
  const how = '"topfive baseline set RUN --reason TEXT" sets one';
  if (!blessing) return `"${name}" has no baseline yet; ${how}.`;
  return isExpired
    ? `The baseline of "${name}", run ${blessing.runId}, expired on ${blessing.expires}; ${how}.`
    : null;
}

export async function openEndedRun(run: string, store: string): Promise<EndedRun> {
  const folder = await openRunFolder(run, store);
  return { folder, record: await readReport(folder) };
}
