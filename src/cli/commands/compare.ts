/** `topfive compare`: two runs, or two models of one, held against each other. */
import type { Command } from 'commander';
import { messageOf, TopfiveError } from '../../errors.ts';
import { noiseScope, readNoise } from '../../jobs/calibrations.ts';
import { compareRuns, type EndedRun } from '../../jobs/compare-runs.ts';
import { pairByName } from '../../jobs/pair-models.ts';
import { readManifest, readReport } from '../../jobs/run-folder.ts';
import { flipThumbnails } from '../../jobs/thumbnails.ts';
import {
  modelForPredictions,
  namesPredictions,
  readToolPredictions,
} from '../../jobs/tool-predictions.ts';
import type { Thumbnails } from '../../report/html/comparison.ts';
import { checkOutput } from '../../runs/collect.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import type { ComparisonRecord } from '../../scoring/comparison-record.ts';
import type { RunRecord } from '../../scoring/run-record.ts';
import { openStorage } from '../../storage/open.ts';
import { addCompareOptions, type CompareFlags } from '../compare-flags.ts';
import { addOutputOptions, type OutputFlags, tellComparison } from '../comparison-output.ts';
import { wholeNumber } from '../options.ts';
import { tell } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

type Flags = CompareFlags & OutputFlags & { thumbnails?: number };

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('hold two runs against each other, image by image; the exit code is the verdict')
    .argument('<baseline>', `${runArgument}; or a CSV of another tool's predictions`)
    .argument(
      '[candidate]',
      'the run that is judged; left out, two models of one run are compared',
    );
  addCompareOptions(command);
  addOutputOptions(command)
    .option(
      '--thumbnails <n>',
      'pictures of the n images that lost most, in the HTML; the dataset must be there',
      wholeNumber(1),
    )
    .action(async (baseline: string, candidate: string | undefined, flags: Flags) => {
      const settings = readSettings(command);
      if (flags.out !== undefined) await checkOutput(flags.out);
      const runs: [string, string] = [baseline, candidate ?? sameRun(baseline, flags)];
      const { record, run } = await compare(runs, { flags, store: settings.store });
      const thumbnails = await thumbnailsOf(record, { run, flags, settings });
      const { environment } = settings;
      process.exitCode = await tellComparison(record, { flags, environment, thumbnails });
    });
}

/** The verdict stands whether or not there are pictures. */
async function thumbnailsOf(
  record: ComparisonRecord,
  { run, flags, settings }: { run: EndedRun; flags: Flags; settings: CliSettings },
): Promise<Thumbnails> {
  const { thumbnails: count } = flags;
  if (count === undefined) return new Map();
  try {
    const manifest = await readManifest(run.folder, run.record);
    if (manifest) {
      return await flipThumbnails(record, { manifest, count, ahead: settings.environment.cores });
    }
    tell(`warning: no thumbnails: ${run.folder.name} is a copy without its manifest; name the run`);
  } catch (error) {
    tell(`warning: no thumbnails: ${messageOf(error)}`);
  }
  return new Map();
}

function sameRun(run: string, { pair }: Flags): string {
  if (pair !== undefined) return run;
  throw new TopfiveError(
    'usage',
    `nothing says what ${run} is held against: name a second run, or two models of this one with --pair b0=b0-int8`,
  );
}

async function compare(
  [baseline, run]: [string, string],
  { flags, store }: { flags: Flags; store: string },
): Promise<{ record: ComparisonRecord; run: EndedRun }> {
  const { margin, estimand, alpha, allow = [] } = flags;
  const candidate = await openEndedRun(run, store);
  const options = {
    margin: { top1: margin, top5: margin },
    estimand,
    alpha,
    allowed: new Set(allow),
  };
  const readNoiseOf = (runs: RunRecord[]) =>
    readNoise(openStorage(store), { runs, scope: noiseScope(candidate.record, alpha) });
  if (namesPredictions(baseline)) {
    const predictions = await readToolPredictions(baseline);
    const { models } = candidate.record;
    const model = modelForPredictions(predictions, { model: flags.model, models, run });
    const noiseOf = await readNoiseOf([candidate.record]);
    const judging = { ...options, noiseOf };
    const record = await compareRuns({ baseline: predictions, candidate, model, options: judging });
    return { record, run: candidate };
  }
  const runs = { baseline: await openEndedRun(baseline, store), candidate };
  const noiseOf = await readNoiseOf([candidate.record, runs.baseline.record]);
  const judging = { ...options, noiseOf };
  const record = await compareRuns({ ...runs, ...pairing(flags, runs), options: judging });
  return { record, run: candidate };
}

async function openEndedRun(run: string, store: string): Promise<EndedRun> {
  const folder = await openRunFolder(run, store);
  return { folder, record: await readReport(folder) };
}

/** The pairs that the flags name; none when they name none. */
function pairing({ pair, model }: Flags, runs: Record<'baseline' | 'candidate', EndedRun>) {
  const names = pair ?? (model ? [{ baseline: model, candidate: model }] : undefined);
  const side = ({ folder, record }: EndedRun) => ({ models: record.models, run: folder.name });
  return (
    names && {
      pairing: pairByName(names, {
        baseline: side(runs.baseline),
        candidate: side(runs.candidate),
      }),
    }
  );
}
