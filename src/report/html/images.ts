/** Images that went wrong, folded: those that failed, and the mistakes that models were surest of. */
import type { RunRecord } from '../../scoring/run-record.ts';
import { className } from '../classes.ts';
import { failureRows, markOf, modelList } from '../findings.ts';
import { type Markup, markup } from '../markup.ts';
import { mistakeRows, type Pictures } from '../mistake-rows.ts';
import { counted, grouped, percent } from '../numbers.ts';
import { clip } from '../visible.ts';
import { picture } from './picture.ts';
import { cell, folded, numberCell, quiet, tableOf, textCell } from './table.ts';

const limits = { failures: 1000, mistakes: 100, text: 400, name: 80 };

export function failures(record: RunRecord): Markup | null {
  const { rows, total, left } = failureRows(record, limits.failures);
  if (total === 0) return null;
  const table = tableOf({
    header: ['Image', 'State', 'Reason', 'Models'],
    textColumns: [1, 2, 3],
    look: 'dense',
    sortable: true,
    rows: rows.map(({ key, state, reason, models }) => [
      textCell(clip(key, limits.text)),
      textCell(state),
      textCell(clip(reason, limits.text)),
      textCell(modelList(models, record.models.length)),
    ]),
  });
  const more =
    left > 0
      ? markup`<p class="quiet">${grouped(left)} further failures (images × models) are in report.json.</p>`
      : null;
  return folded(
    ['Failed images', quiet(`${grouped(total)} images × models`)],
    [markup`<div class="scroll tall">${table}</div>`, more],
  );
}

/** The surest mistakes of the models, with the pictures that there are. */
export function mistakes(record: RunRecord, pictures: Pictures): Markup | null {
  const all = mistakeRows(record);
  if (all.length === 0) return null;
  const shown = all.slice(0, limits.mistakes);
  const pictured = shown.some(({ key }) => pictures.has(key));
  const name = (label: number) => clip(className(record, label), limits.name);
  const table = tableOf({
    header: ['Image', ...(pictured ? [''] : []), 'Label', 'Taken for', 'Softmax'],
    textColumns: pictured ? [2, 3] : [1, 2],
    look: 'dense mistakes',
    sortable: true,
    rows: shown.map(({ key, label, answers }) => [
      textCell(clip(key, limits.text)),
      ...(pictured ? [cell(picture(pictures.get(key)))] : []),
      textCell(name(label)),
      markup`<td class="text">${answers.map(({ model, predicted, probability }) => markup`<div><bdi>${name(predicted)}</bdi> <span class="quiet"><bdi>${model}</bdi> ${percent(probability, 1)}</span></div>`)}</td>`,
      numberCell(answers[0].probability, percent(answers[0].probability, 1)),
    ]),
  });
  const left = all.length - shown.length;
  const more =
    left > 0 ? markup`<p class="quiet">${grouped(left)} more are in report.json.</p>` : null;
  return folded(
    [
      'Surest mistakes',
      quiet(
        `${counted(all.length, 'image')} with a wrong answer that a model was sure of${markOf(record)}`,
      ),
    ],
    [markup`<div class="scroll tall">${table}</div>`, more],
  );
}
