/** `topfive latency`: latency and throughput by batch size and precision. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes } from '../../errors.ts';
import type { MeasuredRestart } from '../../jobs/measure-latency.ts';
import {
  latencyHead,
  latencyMethod,
  latencyNotes,
  latencyRows,
} from '../../report/latency-rows.ts';
import { duration } from '../../report/numbers.ts';
import { checkOutput } from '../../runs/collect.ts';
import { latencyFiles, runLatency } from '../../runs/latency.ts';
import { latencyModeNames } from '../../scoring/latency-modes.ts';
import type { LatencyRecord } from '../../scoring/latency-record.ts';
import { openStorage } from '../../storage/open.ts';
import { catchInterrupts } from '../interrupt.ts';
import {
  type DeviceFlag,
  deviceOption,
  jsonOption,
  readList,
  readPrecisions,
  wholeNumber,
} from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { settleDevice } from '../settle-device.ts';
import { readSpec } from '../spec-flags.ts';
import { renderTable } from '../table.ts';

/** Over the fields of the same names in the spec's `latency:` block. */
interface BlockFlags {
  batch?: number[];
  precision?: string[];
  mode?: string;
  restarts?: number;
  minSeconds?: number;
  maxSeconds?: number;
  threads?: number;
}

interface LatencyFlags extends BlockFlags {
  device?: DeviceFlag;
  out?: string;
  json?: true;
}

export function addLatency(program: Command): void {
  const command = program
    .command('latency')
    .description('latency and throughput by batch size and precision, with intervals')
    .argument('<spec>', 'a YAML or JSON file; its dataset is not read')
    .option('--batch <list>', 'images a run, e.g. 1,4,8', readList(wholeNumber(1)))
    .option('--precision <list>', 'fp32, fp16 or both', readPrecisions)
    .addOption(new Option('--mode <mode>', 'how it asks').choices(latencyModeNames))
    .option('--restarts <n>', 'processes for each cell; an interval needs five', wholeNumber(1))
    .option('--min-seconds <s>', 'of each process: timed at least so long', readSeconds)
    .option('--max-seconds <s>', 'of each process: timed at most so long', readSeconds)
    .option('--threads <n>', 'threads inside one operator of a model', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'copy latency.json and latency.md there (they always are in the store)')
    .addOption(jsonOption('the latency record'))
    .action(async (file: string, flags: LatencyFlags) => {
      process.exitCode = await latency(file, { flags, command });
    });
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  }
  return value;
}

async function latency(
  file: string,
  { flags, command }: { flags: LatencyFlags; command: Command },
): Promise<number> {
  const settings = readSettings(command);
  const { device, out, json, ...block } = flags;
  const spec = await readSpec(file, { ...(device && { device }), latency: block });
  if (out !== undefined) await checkOutput(out);
  const interrupts = catchInterrupts({
    onFirst: () => tell('cancelling: what is measured stays; once more ends at once'),
    onSecond: () => {},
  });
  try {
    const record = await runLatency(spec, {
      storage: openStorage(settings.store),
      device: await settleDevice(spec.device, settings),
      env: settings.childEnv,
      signal: interrupts.signal,
      onRestart: tellRestarts(),
    });
    return await tellRecord(record, { out, json });
  } finally {
    interrupts.release();
  }
}

/** A line for each process that has measured. */
function tellRestarts(): (measured: MeasuredRestart) => void {
  const started = performance.now();
  return ({ cell: { model, precision, batch }, restart: { histogram }, done, total }) => {
    const seconds = (performance.now() - started) / 1000;
    const left = done < total ? `, ${duration((seconds / done) * (total - done))} left` : '';
    const mean = (histogram.sum / histogram.count / 1e6).toFixed(2);
    tell(`${done} of ${total}: ${model} ${precision} batch ${batch}: ${mean} ms a query${left}`);
  };
}

async function tellRecord(
  record: LatencyRecord,
  { out, json }: { out: string | undefined; json: true | undefined },
): Promise<number> {
  if (out !== undefined) {
    for (const { name, content } of latencyFiles(record)) await writeFile(join(out, name), content);
  }
  if (json) await writeJson(record);
  else await writeOut(textOf(record));
  if (record.status === 'cancelled') return exitCodes.cancelled;
  return exitOf(record);
}

function textOf(record: LatencyRecord): string {
  const table = renderTable({
    head: latencyHead,
    right: latencyHead.flatMap((_, column) => (column >= 2 && column <= 10 ? [column] : [])),
    rows: latencyRows(record),
  });
  return [table, ...latencyNotes(record), ...latencyMethod(record), ''].join('\n');
}

/** A wrong answer makes a figure worthless; one that is only unsteady, or from few queries, says so itself. */
function exitOf({ cells }: LatencyRecord): number {
  const measured = cells.flatMap((cell) => cell.measured ?? []);
  if (measured.length === 0) return exitCodes.failed;
  const wrong = measured.some(({ restarts }) =>
    restarts.some(({ answers }) => answers.differing > 0),
  );
  return wrong ? exitCodes.invalid : exitCodes.done;
}
