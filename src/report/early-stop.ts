/** What a report says of early stop: how many images sufficed, and how each gate stands. */
import type { RunRecord } from '../scoring/run-record.ts';
import { counted, grouped, percent } from './numbers.ts';

export const earlyStopHeader = [
  'Model',
  'Metric',
  'Verdict',
  'Lost among those seen',
  'Lost of all, interval',
  'Margin',
  'Noise',
];

/** One row a gate, in images; a gain is negative. Empty for a run without early stop. */
export function earlyStopRows({ earlyStop }: RunRecord): string[][] {
  return (earlyStop?.gates ?? []).map((gate) => [
    gate.id,
    gate.metric === 'top1' ? 'top-1' : 'top-5',
    gate.verdict ?? 'open',
    grouped(gate.lostImages),
    `${grouped(gate.low)} to ${grouped(gate.high)}`,
    grouped(gate.marginImages),
    grouped(gate.noise),
  ]);
}

/** Two or three sentences; null for a run without early stop. */
export function earlyStopWords({ earlyStop, estimate, dataset }: RunRecord): string | null {
  if (!earlyStop) return null;
  const { shards, seed, baseline, alpha } = earlyStop;
  const how = `Images were taken in a random order (seed ${seed}) and the gates against run ${baseline} read after each of ${counted(shards.planned, 'shard')}, at error level ${alpha}.`;
  if (!estimate) return `${how} Every image was needed, so the counts are exact.`;
  const { used, low, high } = estimate;
  const share = percent(used / dataset.images, 1);
  return `${how} After ${counted(shards.used, 'shard')} every verdict was certain: ${grouped(used)} of ${counted(dataset.images, 'image')} were used (${share}). Over all images the loss of every gate lies between ${percent(low)} and ${percent(high)}.`;
}
