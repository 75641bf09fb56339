/** The part of the HTML report on models that were evaluated at two precisions. */
import type { PrecisionPair } from '../../scoring/precision-pair.ts';
import type { RunRecord } from '../../scoring/run-record.ts';
import { className } from '../classes.ts';
import { driftSentence, flipWords } from '../comparison-words.ts';
import { statusOf } from '../findings.ts';
import { type Markup, markup } from '../markup.ts';
import { grouped } from '../numbers.ts';
import { conversionNotes, precisionHead, precisionRow } from '../precision-words.ts';
import { clip } from '../visible.ts';
import { bulletList, cell, folded, tableOf, textCell } from './table.ts';

const limits = { flips: 200, key: 400, name: 80 };

export function precision(record: RunRecord): Markup | null {
  const notes = conversionNotes(record);
  const { mark } = statusOf(record);
  if (notes.length === 0) return null;
  const rows = record.precisions.map((pair) => {
    const [name, ...numbers] = precisionRow(pair);
    return [
      markup`<td class="model"><bdi>${name}</bdi></td>`,
      ...numbers.map((text) => cell(text.replace('-', '−'))),
    ];
  });
  const table =
    rows.length > 0
      ? markup`<p class="quiet">The same images, answered by the same model in fp32 and in fp16.</p>
<div class="scroll">${tableOf({ header: precisionHead, rows })}</div>`
      : null;
  return markup`<section><h2>Precision${mark && ` (${mark})`}</h2>
${table}${bulletList(notes)}
${record.precisions.map((pair) => flips(pair, record))}</section>`;
}

function flips(pair: PrecisionPair, record: RunRecord): Markup | null {
  if (pair.flips.length === 0) return null;
  const shown = pair.flips.slice(0, limits.flips);
  const name = (label: number | null) =>
    textCell(label === null ? '-' : clip(className(record, label), limits.name));
  const table = tableOf({
    header: ['Image', 'Label', 'fp32', 'fp16', 'Flip'],
    textColumns: [1, 2, 3, 4],
    look: 'dense',
    rows: shown.map(({ key, label, from, to, kind }) => [
      textCell(clip(key, limits.key)),
      name(label),
      name(from.class),
      name(to.class),
      cell(flipWords[kind]),
    ]),
  });
  const { lost, gained, changed } = pair.churn;
  const words = `${grouped(shown.length)} of ${grouped(lost + gained + changed)}, the largest loss of margin first. `;
  return folded(
    markup`<bdi>${pair.id}</bdi> answers that flip between fp32 and fp16`,
    markup`<p class="quiet">${words}${driftSentence(pair)}</p><div class="scroll tall">${table}</div>`,
  );
}
