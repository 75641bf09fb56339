/** `topfive calibrate`: repeats an unchanged run with new workers, and keeps how far the repeats differ. */
import type { Command } from 'commander';
import { exitCodes, TopfiveError } from '../../errors.ts';
import { boundsOf, keepCalibration, type StoredCalibration } from '../../jobs/calibrations.ts';
import type { EndedRun } from '../../jobs/compare-runs.ts';
import { alphaOf, gatesOf } from '../../jobs/gates.ts';
import { measureNoise } from '../../jobs/measure-noise.ts';
import { readReport } from '../../jobs/run-folder.ts';
import { copyBatches } from '../../jobs/settle-batch.ts';
import type { Spec } from '../../jobs/spec.ts';
import { grouped } from '../../report/numbers.ts';
import { plainTable } from '../../report/plain-table.ts';
import { checkStore } from '../../runs/check-store.ts';
import { openRunFolder } from '../../runs/open-run.ts';
import { persistRun, prepareRun } from '../../runs/submit.ts';
import { openWorkplace, type Workplace } from '../../runs/workplace.ts';
import { metricNames } from '../../scoring/paired.ts';
import { openStorage } from '../../storage/open.ts';
import { conduct, tellUnfinished } from '../conduct.ts';
import { addFleetOptions, type FleetFlags, jsonOption, wholeNumber } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { readSpec } from '../spec-flags.ts';

type CalibrateFlags = FleetFlags & { repeats: number; json?: true };

/** So many runs that agree to the byte show that there is no noise. */
const enoughIdentical = 3;

export function addCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .description('repeat an unchanged run and keep how far the machine alone moves its results')
    .argument('<spec>', 'a YAML or JSON file that says what to evaluate');
  addFleetOptions(command)
    .option(
      '--repeats <n>',
      `runs; ${enoughIdentical} that agree to the byte are enough`,
      wholeNumber(5),
      5,
    )
    .addOption(jsonOption('an array of calibrations'))
    .action(async (file: string, flags: CalibrateFlags) => {
      process.exitCode = await calibrate(file, flags, readSettings(command));
    });
}

async function calibrate(
  file: string,
  flags: CalibrateFlags,
  settings: CliSettings,
): Promise<number> {
  if (flags.workers === 0) {
    throw new TopfiveError(
      'usage',
      'calibrating starts new workers for every repeat: leave out --workers 0',
    );
  }
  const asked = await readSpec(file, {});
  const { earlyStop: _, ...whole } = asked;
  const spec = { ...whole, name: `${asked.name} (calibration)` };
  await checkStore(openStorage(settings.store));
  const workplace = await openWorkplace(settings);
  try {
    const runs = await repeat(spec, { flags, settings, workplace });
    if (typeof runs === 'number') return runs;
    const calibrations = await measureNoise(runs, new Date());
    for (const each of calibrations) await keepCalibration(workplace.storage, each);
    await tellCalibrations(calibrations, { spec, flags });
    return exitCodes.done;
  } finally {
    await workplace.close();
  }
}

interface Repeating {
  flags: CalibrateFlags;
  settings: CliSettings;
  workplace: Workplace;
}

/** The runs; or the exit code when one of them did not end as it should. */
async function repeat(
  spec: Spec,
  { flags, settings, workplace }: Repeating,
): Promise<EndedRun[] | number> {
  const { storage } = workplace;
  const { store } = settings;
  const workers = flags.workers ?? settings.environment.cores;
  const runs: EndedRun[] = [];
  while (runs.length < flags.repeats) {
    const submission = await prepareRun(spec, { workers, reuse: false, store });
    const { plan, warnings } = submission;
    if (runs.length === 0) for (const warning of warnings) tell(`warning: ${warning}`);
    else await copyBatches(storage, { from: runs[0].record.runId, to: plan });
    await persistRun(storage, submission);
    const ended = await conduct({ plan, workplace, settings, flags });
    if (ended.status !== 'complete' && ended.status !== 'invalid') {
      return tellUnfinished(ended, flags);
    }
    const folder = await openRunFolder(plan.runId, store);
    const record = await readReport(folder);
    if (record.status === 'invalid') {
      throw new TopfiveError(
        'invalid',
        `run ${plan.runId} is invalid (${record.reasons[0]}), so nothing can be calibrated; mend that first`,
      );
    }
    runs.push({ folder, record });
    if (runs.length === enoughIdentical && (await areIdentical(runs))) break;
  }
  return runs;
}

async function areIdentical(runs: EndedRun[]): Promise<boolean> {
  return (await measureNoise(runs, new Date())).every(({ identical }) => identical);
}

async function tellCalibrations(
  calibrations: StoredCalibration[],
  { spec, flags }: { spec: Spec; flags: CalibrateFlags },
): Promise<void> {
  const scope = { alpha: alphaOf(gatesOf(spec)), gates: metricNames.length * calibrations.length };
  const all = calibrations.map((each) => ({ ...each, noise: boundsOf(each, scope) }));
  if (flags.json) {
    await writeJson(all);
    return;
  }
  const range = (counts: readonly number[]) => {
    const [low, high] = [Math.min(...counts), Math.max(...counts)];
    return low === high ? grouped(low) : `${grouped(low)} to ${grouped(high)}`;
  };
  const table = plainTable({
    head: ['model', 'runs', 'answers', 'flips', 'top-1 right', 'top-5 right', 'W top-1', 'W top-5'],
    right: [1, 3, 4, 5, 6, 7],
    rows: all.map(({ id, runs, identical, flips, correct, noise }) => [
      id,
      String(runs.length),
      identical ? 'the same' : 'differ',
      grouped(flips.length),
      range(correct.top1),
      range(correct.top5),
      ...[noise?.top1, noise?.top5].map((bound) => grouped(bound ?? 0)),
    ]),
  });
  const gates = `W: images by which two runs may differ by the machine alone, at error level ${scope.alpha} over ${scope.gates} gates.`;
  await writeOut(`${table}\n${gates}\n`);
}
