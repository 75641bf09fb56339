/** What a night says to a person: the morning's line, and what else should be known. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import type { HistoryEntry } from '../scoring/history-entry.ts';
import type { MissedNights, Night, NightGate } from '../scoring/night-record.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import { changeRows } from './change-words.ts';
import { comparedModels } from './comparison-models.ts';
import { classSentence } from './comparison-words.ts';
import { reusedWords } from './findings.ts';
import { slowerWords, unjudgedWords } from './night-latency.ts';
import { counted, duration, grouped, instant } from './numbers.ts';
import { clip, visible } from './visible.ts';

const limits = { gates: 3, images: 3, changes: 4, text: 60 };

/** A model as reports name it, with its nights, oldest first. */
export type NightHistory = { label: string; entries: HistoryEntry[] }[];

/** What is known when the line is written. */
export interface NightFacts
  extends Pick<Night, 'verdict' | 'name' | 'reasons' | 'gates' | 'latency'> {
  comparison: ComparisonRecord | null;
  record: RunRecord;
}

/** One line: the verdict, its cause, which images and classes moved, and which inputs. */
export function nightLine(facts: NightFacts): string {
  const { verdict, name, comparison } = facts;
  const moved = comparison === null ? [] : [movedImages(comparison), ...movedClasses(comparison)];
  const parts = [causeOf(facts), ...moved, comparison && changedInputs(comparison)];
  return visible(`${verdict}: ${name}: ${parts.filter((part) => part).join(' ')}`);
}

function causeOf({ verdict, gates, latency, reasons, comparison }: NightFacts): string {
  const slower = latency.filter((gate) => gate.verdict === verdict);
  const open = gates.filter((gate) => gate.verdict === verdict && gate.known === null);
  const known = gates.filter((gate) => gate.known !== null);
  const knownWords =
    known.length === 0 ? [] : [`Known regression: ${namesOf(known)}; ${known[0].known}.`];
  if (verdict === 'pass') return [passWords(comparison), ...knownWords].join(' ');
  return [
    ...reasons,
    ...(open.length === 0 ? [] : [gateWords(verdict, open)]),
    ...(slower.length === 0 ? [] : [slowerWords(verdict, slower)]),
    ...knownWords,
  ].join(' ');
}

function passWords(comparison: ComparisonRecord | null): string {
  const models = comparison === null ? [] : comparedModels(comparison);
  return models.length > 0 && models.every(({ agreement }) => agreement.identical)
    ? 'every answer is the same as in the baseline.'
    : 'no gate loses more than its margin.';
}

const metricWords = { top1: 'top-1', top5: 'top-5' } as const;

function namesOf(gates: readonly NightGate[]): string {
  const names = gates.map(({ id, metric }) => `${id} ${metricWords[metric]}`);
  const shown = names.slice(0, limits.gates).join(', ');
  return names.length > limits.gates ? `${shown} and ${names.length - limits.gates} more` : shown;
}

function gateWords(verdict: string, gates: readonly NightGate[]): string {
  const worst = [...gates].sort((a, b) => b.lostImages - a.lostImages);
  const told = worst.slice(0, limits.gates).map(({ id, metric, lostImages, marginImages }) => {
    const lost = Math.abs(lostImages).toLocaleString('en-GB', { maximumFractionDigits: 1 });
    const margin = marginImages.toLocaleString('en-GB', { maximumFractionDigits: 1 });
    const what = lostImages < 0 ? 'gained' : 'lost';
    return `${id} ${metricWords[metric]} ${what} ${lost} images on balance (margin ${margin})`;
  });
  const more = worst.length - told.length;
  const rest = more > 0 ? ` and ${counted(more, 'further gate')}` : '';
  const undecided = verdict === 'inconclusive' ? ', which the noise leaves open' : '';
  return `${told.join(', ')}${rest}${undecided}.`;
}

function movedImages(comparison: ComparisonRecord): string | null {
  const flips = comparedModels(comparison).flatMap((model) => model.flips);
  if (flips.length === 0) return null;
  const lost = flips.filter(({ kind }) => kind === 'lost');
  const first = (lost.length > 0 ? lost : flips).slice(0, limits.images);
  const names = first.map(({ key }) => clip(key, limits.text)).join(', ');
  return `${counted(flips.length, 'answer')} moved (${grouped(lost.length)} lost), first ${names}.`;
}

function movedClasses(comparison: ComparisonRecord): string[] {
  return comparedModels(comparison).flatMap((model) => {
    return classSentence(model, { record: comparison, limit: limits.text }) ?? [];
  });
}

function changedInputs(comparison: ComparisonRecord): string {
  const rows = changeRows(comparison);
  if (rows.length === 0) return 'No input changed.';
  const names = rows.map(({ what, models }) => (models === '' ? what : `${what} of ${models}`));
  const shown = names.slice(0, limits.changes).join(', ');
  const more = names.length - limits.changes;
  return `Changed: ${shown}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** One sentence each. */
export function nightNotes({
  gates,
  latency,
  record,
  missed,
  scheduled,
}: NightFacts & Pick<Night, 'scheduled'> & { missed: MissedNights | null }): string[] {
  return [
    ...missedWords(missed),
    ...lateWords({ scheduled }, record),
    ...reusedWords(record),
    ...knownWords(gates),
    ...unjudgedWords(latency),
  ];
}

export function missedWords(missed: MissedNights | null): string[] {
  if (missed === null) return [];
  const { count, last, rhythm } = missed;
  const due =
    'cron' in rhythm
      ? `the timetable is "${rhythm.cron}" (${rhythm.timeZone})`
      : `there is one every ${duration(rhythm.everySeconds)} usually`;
  const before = last === null ? 'there was none yet' : `the last was ${instant(last)}`;
  return [`${counted(count, 'night')} did not happen: ${before}, and ${due}.`];
}

/** A night that began so much later than it was due had no worker; seconds. */
const late = 600;

function lateWords({ scheduled }: Pick<Night, 'scheduled'>, { createdAt }: RunRecord): string[] {
  if (!scheduled) return [];
  const seconds = (Date.parse(createdAt) - Date.parse(scheduled.due)) / 1000;
  if (seconds < late) return [];
  return [
    `This night was due ${instant(scheduled.due)} and began ${duration(seconds)} later: no worker was there to take it.`,
  ];
}

function knownWords(gates: readonly NightGate[]): string[] {
  return gates.flatMap(({ id, metric, known, explanation }) =>
    known === null
      ? []
      : `${id} ${metricWords[metric]} is a known regression: ${known}. ${explanation}`,
  );
}

/** One row a gate, in images; empty where the night has none. */
export function nightGateTable({ gates }: Pick<Night, 'gates'>): {
  head: string[];
  rows: string[][];
} {
  const number = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
  return {
    head: ['Model', 'Metric', 'Verdict', 'Lost', 'Margin', 'Noise', 'Known'],
    rows: gates.map(({ id, metric, verdict, lostImages, marginImages, noise, known }) => [
      id,
      metricWords[metric],
      verdict,
      number(lostImages),
      number(marginImages),
      number(noise),
      known ?? '-',
    ]),
  };
}
