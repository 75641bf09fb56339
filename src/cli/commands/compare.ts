/** `topfive compare`: two runs, or two models of one, held against each other. */
import type { Command } from 'commander';
import { exitCodes, TopfiveError } from '../../errors.ts';
import { compareRuns, type EndedRun } from '../../jobs/compare-runs.ts';
import { findModel, type ModelName, type Pairing } from '../../jobs/pair-models.ts';
import { readReport } from '../../jobs/run-folder.ts';
import { comparisonText } from '../../report/comparison-text.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import type { ComparisonRecord } from '../../scoring/comparison-record.ts';
import type { ModelResult } from '../../scoring/run-record.ts';
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
    .argument('<baseline>', runArgument)
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
  runs: [string, string],
  { flags, store }: { flags: Flags; store: string },
): Promise<ComparisonRecord> {
  const [baseline, candidate] = await Promise.all(runs.map((run) => openEndedRun(run, store)));
  const { margin, estimand, alpha, allow = [], pair } = flags;
  return compareRuns({
    baseline,
    candidate,
    ...(pair && { pairing: pairing(pair, { baseline, candidate }) }),
    options: {
      margin: { top1: margin, top5: margin },
      estimand,
      alpha,
      allowed: new Set(allow),
      noiseOf: () => null,
    },
  });
}

async function openEndedRun(run: string, store: string): Promise<EndedRun> {
  const folder = await openRunFolder(run, store);
  return { folder, record: await readReport(folder) };
}

function pairing(
  flags: readonly string[],
  { baseline, candidate }: Record<'baseline' | 'candidate', EndedRun>,
): Pairing<ModelResult, ModelResult> {
  const find = (name: ModelName, { folder, record }: EndedRun) =>
    findModel(name, { models: record.models, run: folder.name });
  const pairs = flags.map((flag) => {
    const [before, after, ...rest] = flag.split('=').map(modelName);
    if (before === undefined || after === undefined || rest.length > 0) {
      throw new TopfiveError(
        'usage',
        `--pair ${flag} is not a model of the baseline and one of the candidate: write b0=b0-int8, or b0@fp32=b0@fp16`,
      );
    }
    return { baseline: find(before, baseline), candidate: find(after, candidate) };
  });
  return { pairs, unpaired: { baseline: [], candidate: [] } };
}

function modelName(text: string): ModelName {
  const [id, precision] = text.split('@');
  return { id, ...(precision !== undefined && { precision }) };
}
