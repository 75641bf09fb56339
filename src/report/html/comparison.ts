/** compare.html: a comparison as one file, with flips, and their pictures where they were asked for. */
import type { ComparisonRecord, ModelComparison } from '../../scoring/comparison-record.ts';
import type { Flip } from '../../scoring/flips.ts';
import { changeRows, nothingChanged } from '../change-words.ts';
import { className } from '../classes.ts';
import { comparedModels, pairLabel } from '../comparison-models.ts';
import { comparisonNotes } from '../comparison-notes.ts';
import {
  answerWords,
  churnSentence,
  classSentence,
  driftSentence,
  flipWords,
  gateLegend,
  gateTable,
  scopeWords,
  sideWords,
  verdictSentence,
} from '../comparison-words.ts';
import { gateChart } from '../gate-chart.ts';
import { type Markup, markup } from '../markup.ts';
import { counted, grouped } from '../numbers.ts';
import { capitalised, clip } from '../visible.ts';
import { picture } from './picture.ts';
import { htmlPage, picturePolicy, reportPolicy } from './shell.ts';
import { bulletList, cell, folded, numberCell, tableOf, textCell } from './table.ts';

/** JPEG files by image key. */
export type Thumbnails = ReadonlyMap<string, Uint8Array>;

const limits = { flips: 500, classes: 50, confusions: 20, text: 300, name: 80 };

export function comparisonHtml(
  record: ComparisonRecord,
  { thumbnails = new Map() }: { thumbnails?: Thumbnails } = {},
): string {
  const { verdict, candidate, baseline } = record;
  const models = comparedModels(record).map((model) => section(model, { record, thumbnails }));
  const body = markup`${banner(record)}
${header(record)}
<section><h2>What changed</h2>${changes(record)}</section>
${gates(record)}
${models}
${notes(record)}
<footer>Candidate ${candidate.runId} · baseline ${baseline.runId ?? baseline.name} · dataset ${record.dataset.digest}</footer>`;
  return htmlPage({
    title: `${verdict}: ${candidate.title ?? candidate.name} · topfive`,
    body,
    policy: thumbnails.size > 0 ? picturePolicy : reportPolicy,
  });
}

function banner({ verdict, reasons }: ComparisonRecord): Markup | null {
  if (verdict !== 'invalid') return null;
  return markup`<section class="banner" role="alert"><p><strong>invalid</strong> These runs cannot be compared, so there is no verdict on accuracy.</p>${bulletList(reasons)}</section>`;
}

function header(record: ComparisonRecord): Markup {
  const { verdict, baseline, candidate } = record;
  const sentence = verdict === 'invalid' ? null : verdictSentence(record);
  return markup`<header>
<p class="kicker">topfive · comparison · ${scopeWords(record)}</p>
<h1><bdi>${candidate.title ?? candidate.name}</bdi></h1>
<p class="lead"><span class="status ${verdict}">${verdict}</span>${sentence}</p>
<p class="quiet">Baseline: <bdi>${sideWords(baseline)}</bdi><br>Candidate: <bdi>${sideWords(candidate)}</bdi></p>
</header>`;
}

function changes(record: ComparisonRecord): Markup {
  const rows = changeRows(record);
  if (rows.length === 0) return markup`<p>${nothingChanged(record)}</p>`;
  const table = tableOf({
    header: ['What', 'Baseline', 'Candidate', 'Models'],
    textColumns: [1, 2, 3],
    rows: rows.map(({ what, baseline, candidate, models }) => [
      cell(what),
      textCell(clip(baseline, limits.text)),
      textCell(clip(candidate, limits.text)),
      textCell(models),
    ]),
  });
  return markup`<div class="scroll">${table}</div>`;
}

function gates(record: ComparisonRecord): Markup | null {
  const { head, rows } = gateTable(record);
  if (rows.length === 0) return null;
  const table = tableOf({
    header: head.map(capitalised),
    textColumns: [1, head.length - 1],
    sortable: true,
    rows: rows.map((row) =>
      row.map((text, column) =>
        column === 1 || column === row.length - 1 ? textCell(text) : cell(text),
      ),
    ),
  });
  const chart = gateChart(record);
  return markup`<section><h2>Gates</h2>
<div class="scroll">${table}</div>
<p class="quiet">${gateLegend(record)}</p>
<figure class="wide"><h3>Balance of each gate</h3><div class="chart">${chart}</div><figcaption>Left the images lost, right those gained; the dot is the balance, its bar the noise, the upright stroke the margin.</figcaption></figure></section>`;
}

interface Context {
  record: ComparisonRecord;
  thumbnails: Thumbnails;
}

function section(model: ModelComparison, context: Context): Markup {
  const { record } = context;
  const sentences = [
    churnSentence(model),
    driftSentence(model),
    classSentence(model, { record, limit: limits.name }),
  ].filter((sentence) => sentence !== null);
  return markup`<section><h2><bdi>${pairLabel(model, record)}</bdi></h2>
<p>${sentences.join(' ')}</p>
${flips(model, context)}${classes(model, record)}${confusions(model, record)}</section>`;
}

function flips({ flips: all }: ModelComparison, context: Context): Markup | null {
  if (all.length === 0) return null;
  const shown = all.slice(0, limits.flips);
  const pictured = shown.some(({ key }) => context.thumbnails.has(key));
  const left = all.length - shown.length;
  const table = tableOf({
    header: ['Image', ...(pictured ? [''] : []), 'Label', 'Was', 'Is', 'Change', 'Margin lost'],
    textColumns: pictured ? [2, 3, 4, 5] : [1, 2, 3, 4],
    look: 'dense',
    sortable: true,
    rows: shown.map((flip) => flipRow(flip, { ...context, pictured })),
  });
  const more =
    left > 0
      ? markup`<p class="quiet">${counted(left, 'further flip')} in compare.json.</p>`
      : null;
  return folded(
    [
      'Flips',
      markup`<span class="quiet">${counted(all.length, 'image')} with another answer</span>`,
    ],
    [markup`<div class="tall">${table}</div>`, more],
  );
}

function flipRow(
  { key, label, from, to, kind, marginLost }: Flip,
  { record, thumbnails, pictured }: Context & { pictured: boolean },
): Markup[] {
  const shown = { record, limit: limits.name };
  return [
    textCell(clip(key, limits.text)),
    ...(pictured ? [markup`<td>${picture(thumbnails.get(key))}</td>`] : []),
    textCell(clip(className(record, label), limits.name)),
    textCell(answerWords(from, shown)),
    textCell(answerWords(to, shown)),
    textCell(flipWords[kind]),
    marginLost === null ? cell('') : numberCell(marginLost, marginLost.toFixed(3)),
  ];
}

function classes({ classes: scan }: ModelComparison, record: ComparisonRecord): Markup | null {
  if (scan.changes.length === 0) return null;
  const table = tableOf({
    header: ['Class', 'Images', 'Lost', 'Gained', 'p', 'Adjusted p'],
    look: 'dense',
    sortable: true,
    rows: scan.changes
      .slice(0, limits.classes)
      .map(({ label, images, onlyBaselineRight, onlyCandidateRight, pValue, adjustedPValue }) => [
        textCell(clip(className(record, label), limits.name)),
        cell(grouped(images)),
        cell(grouped(onlyBaselineRight)),
        cell(grouped(onlyCandidateRight)),
        numberCell(pValue, pValue.toPrecision(2)),
        numberCell(adjustedPValue, adjustedPValue.toPrecision(2)),
      ]),
  });
  const words = markup`<p class="quiet">One-sided exact McNemar on top-1, class by class, adjusted over all ${grouped(scan.classes)} classes by Benjamini and Hochberg: where to look, no verdict.</p>`;
  return folded('Classes that changed', [markup`<div class="scroll">${table}</div>`, words]);
}

function confusions({ newConfusions }: ModelComparison, record: ComparisonRecord): Markup | null {
  if (newConfusions.length === 0) return null;
  const table = tableOf({
    header: ['Label', 'Taken for', 'Baseline', 'Candidate'],
    textColumns: [1],
    look: 'dense',
    rows: newConfusions
      .slice(0, limits.confusions)
      .map((pair) => [
        textCell(clip(className(record, pair.label), limits.name)),
        textCell(clip(className(record, pair.predicted), limits.name)),
        cell(grouped(pair.baseline)),
        cell(grouped(pair.candidate)),
      ]),
  });
  return folded('New confusions', markup`<div class="scroll">${table}</div>`);
}

function notes(record: ComparisonRecord): Markup | null {
  const found = comparisonNotes(record);
  return found.length > 0 ? markup`<section><h2>Notes</h2>${bulletList(found)}</section>` : null;
}
