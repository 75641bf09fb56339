/** What a careful reader of a comparison should know, one sentence each. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import type { ModelKey } from '../scoring/records.ts';
import { comparedModels, pairLabel } from './comparison-models.ts';
import { gateRows } from './comparison-words.ts';

export function comparisonNotes(record: ComparisonRecord): string[] {
  return [
    ...record.notes,
    ...unpairedNotes(record),
    ...noiseNotes(record),
    ...allowedNotes(record),
    ...depthNotes(record),
    ...detectableNotes(record),
  ];
}

function unpairedNotes({ unpaired, models }: ComparisonRecord): string[] {
  const list = (names: readonly ModelKey[]) =>
    names.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  return models.length === 0
    ? []
    : [
        [unpaired.baseline, 'baseline'] as const,
        [unpaired.candidate, 'candidate'] as const,
      ].flatMap(([names, side]) =>
        names.length === 0 ? [] : `In the ${side} only, and so not compared: ${list(names)}.`,
      );
}

function noiseNotes(record: ComparisonRecord): string[] {
  const open = comparedModels(record).filter(({ metrics }) => !metrics.top1.calibrated);
  if (open.length === 0 || record.estimand !== 'manifest') return [];
  const which =
    open.length === comparedModels(record).length
      ? ''
      : ` for ${open.map((model) => pairLabel(model, record)).join(', ')}`;
  return [`Noise not calibrated${which}: what the machine alone may change is taken as nothing.`];
}

function allowedNotes({ allowed }: ComparisonRecord): string[] {
  return allowed.length === 0 ? [] : [`Allowed to differ: ${allowed.join(', ')}.`];
}

function depthNotes(record: ComparisonRecord): string[] {
  const shallow = comparedModels(record).filter(({ metrics }) => metrics.top5 === null);
  return shallow.length === 0
    ? []
    : [`No gate for top-5: the baseline has fewer than five classes an image.`];
}

function detectableNotes(record: ComparisonRecord): string[] {
  const drops = gateRows(record).flatMap(({ gate }) => gate.smallestDetectableDrop ?? []);
  return drops.length === 0
    ? []
    : [
        `Smallest drop that such a comparison finds four times in five, for planning: ${(Math.max(...drops) * 100).toFixed(3)} points.`,
      ];
}
