/** `topfive compare`: two runs, or two models of one, held against each other. */
import type { Command } from 'commander';
import { exitCodes, TopfiveError } from '../../errors.ts';
import { compareRuns, type EndedRun } from '../../jobs/compare-runs.ts';
import { pairByName } from '../../jobs/pair-models.ts';
import { readReport } from '../../jobs/run-folder.ts';
import {
  modelForPredictions,
  namesPredictions,
  readToolPredictions,
} from '../../jobs/tool-predictions.ts';
import { comparisonText } from '../../report/comparison-text.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import type { ComparisonRecord } from '../../scoring/comparison-record.ts';
import { addCompareOptions, type CompareFlags } from '../compare-flags.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { runArgument } from './status.ts';

type Flags = CompareFlags & { json?: true };

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('hold two runs against each other, image by image; the exit code is the verdict')
    .argument('<baseline>', `${runArgument}; or a CSV of another tool's predictions`)
    .argument(
      '[candidate]',
      'the run that is judged; left out, two models of one run are compared',
    );
  addCompareOptions(command)
    .addOption(jsonOption('the comparison record'))
    .action(async (baseline: string, candidate: string | undefined, flags: Flags) => {
      const { store } = readSettings(command);
      const record = await compare([baseline, candidate ?? sameRun(baseline, flags)], {
        flags,
        store,
      });
      await (flags.json ? writeJson(record) : writeOut(comparisonText(record)));
      process.exitCode = exitOfVerdict[record.verdict];
    });
}

const exitOfVerdict: Record<ComparisonRecord['verdict'], number> = {
  pass: exitCodes.done,
  regression: exitCodes.regression,
  invalid: exitCodes.invalid,
  inconclusive: exitCodes.inconclusive,
};

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
): Promise<ComparisonRecord> {
  const { margin, estimand, alpha, allow = [] } = flags;
  const candidate = await openEndedRun(run, store);
  const options = {
    margin: { top1: margin, top5: margin },
    estimand,
    alpha,
    allowed: new Set(allow),
    noiseOf: () => null,
  };
  if (namesPredictions(baseline)) {
    const predictions = await readToolPredictions(baseline);
    const { models } = candidate.record;
    const model = modelForPredictions(predictions, { model: flags.model, models, run });
    return compareRuns({ baseline: predictions, candidate, model, options });
  }
  const runs = { baseline: await openEndedRun(baseline, store), candidate };
  return compareRuns({ ...runs, ...pairing(flags, runs), options });
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
