/** The lower half of the HTML report, folded: classes, confusions, recipes, environment, method. */
import type { ModelResult, RunRecord } from '../../scoring/run-record.ts';
import { type ClassRow, className, extremeClasses, top1Rate } from '../classes.ts';
import { markOf, modelLabels } from '../findings.ts';
import { againOf, methodOf } from '../how-measured.ts';
import { lines, type Markup, markup } from '../markup.ts';
import { bytes, counted, grouped } from '../numbers.ts';
import { arithmeticWords } from '../precision-words.ts';
import { recipeSteps } from '../recipe-words.ts';
import { clip } from '../visible.ts';
import { bulletList, cell, folded, numberCell, pairs, quiet, tableOf, textCell } from './table.ts';

const limits = { extremes: 10, confusions: 25, name: 80, shortName: 40 };

/** Every class, one column a model and metric; the widest part of the report, so it is left out of print. */
export function classTable(record: RunRecord): Markup {
  const labels = modelLabels(record);
  const byLabel = record.models.map(
    ({ perClass }) => new Map(perClass.map((row) => [row.label, row])),
  );
  const classes = [...new Set(byLabel.flatMap((rows) => [...rows.keys()]))].sort((a, b) => a - b);
  const rows = classes.map((label) => {
    const cells = byLabel.map((model) => model.get(label));
    const images = cells.find((row) => row !== undefined)?.expected ?? 0;
    return [
      cell(clip(className(record, label), limits.shortName)),
      cell(label),
      cell(images),
      ...cells.map((row) => rateCell(row, row?.top1)),
      ...cells.map((row) => rateCell(row, row?.top5)),
    ];
  });
  const upright = (metric: string) =>
    labels.map((label) => markup`<span class="upright">${label} ${metric}</span>`);
  const header = ['Class', 'Label', 'Images', ...upright('top-1'), ...upright('top-5')];
  const table = tableOf({ header, rows, look: 'dense classes', sortable: true });
  return folded(
    [
      'All classes',
      quiet(`${counted(classes.length, 'class')}, top-1 and top-5 in percent${markOf(record)}`),
    ],
    markup`<div class="tall">${table}</div>`,
    'screen',
  );
}

function rateCell(row: ClassRow | undefined, correct: number | undefined): Markup {
  if (row === undefined || correct === undefined || row.expected === 0) return markup`<td></td>`;
  const rate = correct / row.expected;
  const text = Number((rate * 100).toFixed(1));
  if (rate >= 0.5) return markup`<td>${text}</td>`;
  return rate < 0.25
    ? markup`<td class="lower">${text}</td>`
    : markup`<td class="low">${text}</td>`;
}

/** One fold a model: its classes at both ends, its commonest wrong answers, what it is and how it was run. */
export function modelDetails(record: RunRecord): Markup[] {
  const labels = modelLabels(record);
  return record.models.map((model, index) =>
    folded(
      [
        markup`<bdi>${labels[index]}</bdi>`,
        quiet(`classes, confusions, recipe, conditions${markOf(record)}`),
      ],
      [
        markup`<div class="columns">${extremes(record, model)}${confusions(record, model)}</div>`,
        markup`<h3>Recipe</h3>`,
        bulletList(recipeSteps(model.recipe)),
        markup`<h3>Artifact and conditions</h3>`,
        conditions(model),
      ],
    ),
  );
}

function extremes(record: RunRecord, model: ModelResult): Markup {
  const { worst, best } = extremeClasses(model, limits.extremes);
  const table = (rows: readonly ClassRow[]) =>
    tableOf({
      header: ['Class', 'Images', 'Top-1', 'Top-5'],
      look: 'dense',
      rows: rows.map((row) => [
        cell(markup`<bdi>${clip(className(record, row.label), limits.name)}</bdi>`),
        cell(row.expected),
        numberCell(top1Rate(row), `${(100 * top1Rate(row)).toFixed(1)}%`),
        cell(`${((100 * row.top5) / row.expected).toFixed(1)}%`),
      ]),
    });
  return markup`<div><h3>Worst classes</h3>${table(worst)}${best.length > 0 ? markup`<h3>Best classes</h3>${table(best)}` : null}</div>`;
}

function confusions(record: RunRecord, model: ModelResult): Markup {
  if (model.confusions.length === 0)
    return markup`<div><h3>Commonest confusions</h3><p>None: no scored image was wrong.</p></div>`;
  const name = (label: number) =>
    cell(markup`<bdi>${clip(className(record, label), limits.name)}</bdi>`);
  const table = tableOf({
    header: ['Label', 'Taken for', 'Images'],
    textColumns: [1],
    look: 'dense words',
    rows: model.confusions
      .slice(0, limits.confusions)
      .map(({ label, predicted, count }) => [name(label), name(predicted), cell(count)]),
  });
  return markup`<div><h3>Commonest confusions</h3>${table}</div>`;
}

function conditions({
  artifact,
  conditions: condition,
  recipe,
  classes,
  timings,
  accuracy,
}: ModelResult): Markup {
  const each = (milliseconds: number) =>
    `${(milliseconds / Math.max(1, accuracy.expected)).toFixed(2)} ms`;
  return pairs([
    ['Artifact', `${artifact.name}, ${bytes(artifact.bytes)}`],
    ['Artifact SHA-256', markup`<code>${artifact.sha256}</code>`],
    ['Recipe digest', markup`<code>${recipe.digest}</code>`],
    ['Classes', `${grouped(classes)}, class offset ${condition.classOffset}`],
    ['Provider', `${condition.provider}, ${arithmeticWords(condition)}, batch ${condition.batch}`],
    [
      'Normalisation',
      condition.normalisation === 'graph' ? 'inside the graph' : 'on the host, before the graph',
    ],
    ['Runtime', condition.runtime],
    ['Decoder', condition.decoder],
    [
      'Time an image',
      `read ${each(timings.readMs)}, pixels ${each(timings.pixelsMs)}, inference ${each(timings.inferMs)}; models of one group share reading and decoding`,
    ],
  ]);
}

export function environment({
  environment: { workers, runtime, decoder },
  topfive,
}: RunRecord): Markup {
  const table = tableOf({
    header: ['Host', 'Device', 'Threads', 'Node', 'System', 'Shard records'],
    textColumns: [1, 3, 4],
    look: 'dense',
    rows: workers.map(({ host, device, threads, node, os, records }) => [
      textCell(host),
      textCell(device),
      cell(threads),
      textCell(node),
      textCell(os),
      cell(grouped(records)),
    ]),
  });
  const versions = pairs([
    ['Runtime', runtime],
    ['Decoder', decoder],
    ['topfive', topfive],
  ]);
  return folded(
    ['Environment', quiet(counted(new Set(workers.map(({ host }) => host)).size, 'machine'))],
    [markup`<div class="scroll">${table}</div>`, versions],
  );
}

export function method(record: RunRecord): Markup {
  return folded('How this was measured', bulletList(methodOf(record)));
}

export function again(record: RunRecord): Markup {
  const { commands, specs } = againOf(record);
  const place = record.mergedFrom
    ? 'With the specs below as files, and the dataset where they say:'
    : "In this run's folder, with the dataset where the spec says:";
  return folded('Run it again', [
    markup`<p>${place}</p>`,
    markup`<pre><code>${lines(commands.join('\n'))}</code></pre>`,
    ...specs.map(
      ({ name, spec }) =>
        markup`<h3>${name}</h3><pre><code>${lines(JSON.stringify(spec ?? null, null, 2))}</code></pre>`,
    ),
  ]);
}
