/** What a run will take, told before anything is spent. */
import { type Command, InvalidArgumentError } from 'commander';
import { TopfiveError } from '../errors.ts';
import { type Estimate, type EstimatedModel, estimate } from '../jobs/estimate.ts';
import { hostStartSeconds } from '../jobs/fleet-size.ts';
import { readPaces } from '../jobs/measured-pace.ts';
import { bytes, counted, duration, grouped, prefixed } from '../report/numbers.ts';
import type { Submission } from '../runs/submit.ts';
import type { Storage } from '../storage/storage.ts';
import { writeJson, writeOut } from './out.ts';
import { renderTable } from './table.ts';

export interface EstimateFlags {
  dryRun?: true;
  hourlyRate?: number;
}

export function addEstimateOptions(command: Command): Command {
  return command
    .option('--dry-run', 'say what the run would take and cost, and leave it at that')
    .option(
      '--hourly-rate <price>',
      "with --dry-run: price of one worker for an hour (the spec's budget)",
      readRate,
    );
}

export function checkEstimateFlags({ dryRun, hourlyRate }: EstimateFlags): void {
  if (dryRun || hourlyRate === undefined) return;
  throw new TopfiveError(
    'usage',
    '--hourly-rate is for an estimate: add --dry-run, or leave it out',
  );
}

function readRate(text: string): number {
  const rate = Number(text);
  if (rate > 0 && Number.isFinite(rate)) return rate;
  throw new InvalidArgumentError('It must be a price such as 0.526.');
}

export async function tellEstimate(
  { plan, manifest }: Submission,
  {
    storage,
    flags: { hourlyRate, json },
    workers,
  }: {
    storage: Storage;
    flags: EstimateFlags & { json?: true };
    /** Where a person said how many. */
    workers: number | undefined;
  },
): Promise<void> {
  const paces = await readPaces(storage, plan.models, plan.spec.device);
  const expected = estimate(plan, { manifest, paces, hourlyRate, workers });
  await (json ? writeJson(expected) : writeOut(textOf(expected)));
}

function textOf(expected: Estimate): string {
  const { images, shards, imagesPerShard, groups, jobs, models, workers } = expected;
  const table = renderTable({
    head: ['model', 'MACs/image', 'ms/image', 'measured in', 'on'],
    right: [1, 2],
    rows: models.map(({ id, precision, macs, measured }) => [
      `${id} ${precision}`,
      macs === null ? '-' : prefixed(macs),
      measured ? (measured.secondsPerImage * 1000).toFixed(2) : '-',
      measured?.runId ?? 'not known',
      measured?.device ?? '-',
    ]),
  });
  const lines = [
    `Work:     ${counted(images, 'image')} in ${counted(shards, 'shard')} of ${grouped(imagesPerShard)}, ${counted(models.length, 'model')} in ${counted(groups.length, 'group')}: ${counted(jobs, 'job')}`,
    `Bytes:    ${bytesWords(expected)}`,
    `MACs:     ${expected.macs === null ? `not known: ${unknownModels(models, ({ macs }) => macs)}` : `${prefixed(expected.macs)} in all`}`,
    `Time:     ${timeWords(expected)}`,
    `Workers:  ${grouped(workers.count)}: ${workers.why}`,
    `Price:    ${priceWords(expected)}`,
  ];
  return `${table}\n${lines.join('\n')}\n`;
}

function bytesWords({ bytes: moved, groups }: Estimate): string {
  const passes = groups.length > 1 ? `, each read once for each of ${groups.length} groups` : '';
  const most = Math.max(...groups.map(({ artifactBytes }) => artifactBytes));
  const unsized = moved.unsized > 0 ? ` (${grouped(moved.unsized)} more of unknown size)` : '';
  return `${bytes(moved.images)} of images${unsized}${passes}; ${bytes(moved.artifacts)} of models to each host, ${bytes(most)} in memory at a time`;
}

function timeWords({ deviceSeconds, models, workers }: Estimate): string {
  if (deviceSeconds === null) {
    return `not known: no run in this store has evaluated ${unknownModels(models, ({ measured }) => measured)}`;
  }
  const elapsed = deviceSeconds / workers.count;
  return `${duration(deviceSeconds)} of one worker, ${duration(elapsed)} of ${counted(workers.count, 'worker')}`;
}

function unknownModels(models: EstimatedModel[], of: (model: EstimatedModel) => unknown): string {
  return models
    .filter((model) => of(model) === null)
    .map(({ id, precision }) => `${id} ${precision}`)
    .join(', ');
}

function priceWords({ price, workers, deviceSeconds }: Estimate): string {
  if (price) {
    return `${price.amount.toFixed(2)} at ${price.hourlyRate} an hour: ${duration(price.paidSeconds)}, of which ${duration(workers.count * hostStartSeconds)} to start ${counted(workers.count, 'host')}`;
  }
  return deviceSeconds === null
    ? 'not known, because the time is not'
    : 'give --hourly-rate, or budget: in the spec';
}
