/** A latency record as rows of text, for the terminal and for Markdown alike. */
import { latencyModes } from '../scoring/latency-modes.ts';
import type { LatencyCell, LatencyRecord, Measured, Quoted } from '../scoring/latency-record.ts';
import { stableSpread } from '../scoring/latency-stop.ts';
import { bytes, counted, percent } from './numbers.ts';

export const latencyHead = [
  'model',
  'precision',
  'batch',
  'resize, crop',
  'mean (ms)',
  'without copy',
  'p50',
  'p90',
  'p99',
  'images/s',
  'memory',
  'note',
];

/** The columns of `latencyHead`; `-` where a cell was not measured, and why in the last one. */
export function latencyRows({ cells }: LatencyRecord): string[][] {
  return cells.map((cell) => {
    const { model, precision, batch, resizeShort, crop, measured } = cell;
    const name = [model, precision, String(batch), `${resizeShort}, ${crop}`];
    if (!measured) return [...name, ...Array<string>(7).fill('-'), cell.reason ?? ''];
    const { p50, p90, p99, memoryBytes, deviceMemoryBytes } = measured;
    return [
      ...name,
      quotedText(measured.mean),
      measured.withoutCopy ? quotedText(measured.withoutCopy) : '-',
      ...[p50, p90, p99].map(significant),
      quotedText(measured.imagesPerSecond),
      bytes(deviceMemoryBytes ?? memoryBytes),
      noteOf(measured),
    ];
  });
}

/** What is wrong with a figure, in a word. */
function noteOf({ stability, validity }: Measured): string {
  const notes = [stability.stable ? '' : 'unstable', validity.valid ? '' : 'invalid'];
  return notes.filter((note) => note !== '').join(', ');
}

/** `6.71 ± 0.05`; without an interval the value alone. */
export function quotedText({ value, interval }: Quoted): string {
  if (!interval) return significant(value);
  const half = (interval.high - interval.low) / 2;
  const decimals = decimalsOf(value);
  return `${value.toFixed(decimals)} ± ${half.toFixed(decimals)}`;
}

/** Four significant digits. */
export function significant(value: number): string {
  return value.toFixed(decimalsOf(value));
}

function decimalsOf(value: number): number {
  return Math.max(0, 3 - Math.floor(Math.log10(Math.max(value, 1e-3))));
}

export function cellName({ model, precision, batch }: LatencyCell): string {
  return `${model} ${precision} batch ${batch}`;
}

/** Why figures are unstable or invalid: a sentence each. */
export function latencyNotes({ cells }: LatencyRecord): string[] {
  return cells.flatMap((cell) => {
    if (!cell.measured) return [];
    const { stability, validity } = cell.measured;
    const unstable = stability.reasons.map((reason) => `unstable: ${reason}`);
    const invalid = validity.valid ? [] : [`invalid: ${validity.reason}`];
    return [...unstable, ...invalid].map((note) => `${cellName(cell)} is ${note}`);
  });
}

/** How it was measured, a sentence each. */
export function latencyMethod(record: LatencyRecord): string[] {
  const { mode, restarts, limits, environment } = record;
  const { power } = environment;
  return [
    `${latencyModes[mode].says}.`,
    `Timed: ${record.spans.timed}.`,
    `Without copy: ${record.spans.withoutCopy}.`,
    `${counted(restarts, 'process')} for each cell, each with a fresh session, warmed up and then timed for ${limits.minSeconds} to ${limits.maxSeconds} s, until the means of its thirds agree within ${percent(stableSpread, 0)}.`,
    'The mean is that of the processes, ± the half width of its 95% interval by Student’s t over their means. Percentiles are of all queries together: the element ⌊n·p⌋ of the ascending latencies, exact to 1 part in 2048.',
    'Memory is the rise of the resident set from before the session was opened to its peak; on a GPU that tells it, of what is taken there.',
    `On ${environment.host}: ${environment.device}${environment.driver === null ? '' : ` (${environment.driver})`}, provider ${environment.provider}, ${counted(environment.threads, 'thread')} of ${counted(environment.cores, 'core')}, ${environment.runtime}, Node ${environment.node}, ${environment.os}.`,
    `Governor ${power.governor ?? '-'}, boost ${power.boost === null ? '-' : power.boost ? 'on' : 'off'}, power cap ${power.powerCapWatts === null ? '-' : `${power.powerCapWatts} W`}; - is what the machine does not tell.`,
  ];
}
