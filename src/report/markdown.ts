/** report.md: the run on one page of a repository. */
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { type ClassRow, className, extremeClasses, top1Rate } from './classes.ts';
import { earlyStopHeader, earlyStopRows, earlyStopWords } from './early-stop.ts';
import {
  failureRows,
  imagesOf,
  ledgers,
  modelLabels,
  modelList,
  notesOf,
  statusOf,
} from './findings.ts';
import { againOf, methodOf } from './how-measured.ts';
import { labelSetHeader, labelSetRows, labelSetWords } from './label-set-rows.ts';
import { latencySection } from './latency-markdown.ts';
import { accuracySection } from './markdown-accuracy.ts';
import { plotSection } from './markdown-plots.ts';
import { precisionSection } from './markdown-precision.ts';
import { speedSections } from './markdown-speed.ts';
import { bullets, code, escaped, longestRun, table } from './markdown-text.ts';
import { bytes, counted, duration, grouped, instant, percent } from './numbers.ts';
import { arithmeticWords } from './precision-words.ts';
import { recipeSteps } from './recipe-words.ts';
import { visible } from './visible.ts';

const limits = { failures: 50, reasons: 20, classes: 5, confusions: 10 };

export function renderMarkdown(record: RunRecord): string {
  const sections = [
    invalidFirst(record),
    headline(record),
    coverage(record),
    accuracySection(record),
    labelSets(record),
    earlyStop(record),
    precisionSection(record),
    notes(record),
    speedSections(record),
    plotSection(record),
    speed(record),
    latencySection(record.latency),
    classes(record),
    environment(record),
    recipes(record),
    method(record),
    again(record),
  ];
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

function invalidFirst(record: RunRecord): string | null {
  if (record.status !== 'invalid') return null;
  const shown = record.reasons.slice(0, limits.reasons).map(escaped);
  const more = record.reasons.length - shown.length;
  const listed = more > 0 ? [...shown, `and ${grouped(more)} more, in report.json`] : shown;
  return `**invalid** – ${statusOf(record).meaning}\n\n${bullets(listed)}`;
}

function headline(record: RunRecord): string {
  const { dataset, models } = record;
  const { word, meaning } = statusOf(record);
  const names = [...new Set(models.map(({ precision }) => precision))].join(' and ');
  const what = `${counted(models.length, 'model')} in ${names} on ${imagesOf(record)} of ${code(dataset.uri)}.`;
  return [
    `# ${escaped(record.name)}`,
    `**${word}** – ${what} ${record.status === 'invalid' ? '' : meaning}`.trimEnd(),
    `Run ${code(record.runId)}, ${escaped(instant(record.finishedAt))}, topfive ${escaped(record.topfive)}, dataset ${code(dataset.digest.slice(0, 16))}.`,
  ].join('\n\n');
}

function coverage(record: RunRecord): string {
  const header = ['Models', 'Expected', 'Scored', 'Undecodable', 'Missing', 'Model error'];
  const rows = ledgers(record).map(({ models, tally }) => [
    escaped(modelList(models, record.models.length)),
    ...[tally.expected, tally.scored, tally.undecodable, tally.missing, tally.modelError].map(
      grouped,
    ),
  ]);
  const words =
    'Expected = scored + undecodable + missing + model error. Failed images count as wrong.';
  return ['## Coverage', table(header, rows), words, failures(record)]
    .filter((part) => part !== null)
    .join('\n\n');
}

function failures(record: RunRecord): string | null {
  const { rows, total, left } = failureRows(record, limits.failures);
  if (total === 0) return null;
  const listed = table(
    ['Image', 'State', 'Reason', 'Models'],
    rows.map(({ key, state, reason, models }) => [
      code(key),
      state,
      escaped(reason),
      escaped(modelList(models, record.models.length)),
    ]),
  );
  const more = `${grouped(left)} further failures (images × models) are in report.json.`;
  return left > 0 ? `${listed}\n\n${more}` : listed;
}

function labelSets(record: RunRecord): string | null {
  const rows = labelSetRows(record).map((row) => row.map(escaped));
  if (rows.length === 0) return null;
  return ['## Further labels', table(labelSetHeader, rows), labelSetWords].join('\n\n');
}

function earlyStop(record: RunRecord): string | null {
  const words = earlyStopWords(record);
  if (words === null) return null;
  const rows = earlyStopRows(record).map((row) => row.map(escaped));
  return ['## Early stop', table(earlyStopHeader, rows), escaped(words)].join('\n\n');
}

function notes(record: RunRecord): string | null {
  const found = notesOf(record);
  return found.length > 0 ? `## Notes\n\n${bullets(found.map(escaped))}` : null;
}

function speed(record: RunRecord): string {
  const labels = modelLabels(record);
  const { wallSeconds, imagesPerSecond } = record.timings;
  const perImage = (milliseconds: number, { accuracy: { expected } }: ModelResult) =>
    expected > 0 ? (milliseconds / expected).toFixed(2) : '-';
  const rows = record.models.map((model, index) => [
    escaped(labels[index]),
    perImage(model.timings.readMs, model),
    perImage(model.timings.pixelsMs, model),
    perImage(model.timings.inferMs, model),
  ]);
  return [
    '## Time of the run',
    `${duration(wallSeconds)} from submission to report, ${imagesPerSecond.toFixed(1)} images × models a second.`,
    table(
      ['Models', 'Read<br>(ms an image)', 'Pixels<br>(ms an image)', 'Inference<br>(ms an image)'],
      rows,
    ),
    'Summed over the shards and all workers. Models of one group share the reading and the decoding.',
  ].join('\n\n');
}

function classes(record: RunRecord): string {
  const labels = modelLabels(record);
  const { mark } = statusOf(record);
  const marked = (text: string) => (mark ? `${text} (${mark})` : text);
  const parts = record.models.map((model, index) => {
    const { worst, best } = extremeClasses(model, limits.classes);
    const body = [
      classTable(record, [...worst, ...[...best].reverse()]),
      ...(model.confusions.length > 0 ? [confusionTable(record, model)] : []),
    ].join('\n\n');
    return `<details>\n<summary>${marked(escaped(labels[index]))}</summary>\n\n${body}\n\n</details>`;
  });
  const words = `The ${limits.classes} worst and the ${limits.classes} best classes by top-1, and the commonest wrong answers.`;
  return [marked('## Classes'), words, ...parts].join('\n\n');
}

function classTable(record: RunRecord, rows: readonly ClassRow[]): string {
  return table(
    ['Class', 'Label', 'Images', 'Top1', 'Top5'],
    rows.map((row) => [
      escaped(className(record, row.label)),
      String(row.label),
      grouped(row.expected),
      percent(top1Rate(row), 1),
      percent(row.top5 / row.expected, 1),
    ]),
  );
}

function confusionTable(record: RunRecord, { confusions }: ModelResult): string {
  return table(
    ['Label', 'Taken for', 'Images'],
    confusions
      .slice(0, limits.confusions)
      .map(({ label, predicted, count }) => [
        escaped(className(record, label)),
        escaped(className(record, predicted)),
        grouped(count),
      ]),
  );
}

function environment({ environment: { workers, runtime, decoder }, models }: RunRecord): string {
  const rows = workers.map(({ host, device, driver, threads, node, os, records }) => [
    escaped(host),
    escaped(driver === null ? device : `${device}, ${driver}`),
    String(threads),
    escaped(node),
    escaped(os),
    grouped(records),
  ]);
  const conditions = [
    ...new Set(
      models.map(
        ({ conditions }) =>
          `${conditions.provider}, ${arithmeticWords(conditions)}, batch ${conditions.batch}`,
      ),
    ),
  ];
  return [
    '## Environment',
    table(['Host', 'Device', 'Threads', 'Node', 'System', 'Shard records'], rows),
    `Runtime ${escaped(runtime)}; decoder ${escaped(decoder)}; provider ${conditions.map(escaped).join('; ')}.`,
  ].join('\n\n');
}

function recipes(record: RunRecord): string {
  const labels = modelLabels(record);
  const rows = record.models.map(({ recipe, artifact }, index) => [
    escaped(labels[index]),
    escaped(recipeSteps(recipe).join('; ')),
    code(recipe.digest.slice(0, 16)),
    `${escaped(artifact.name)}, ${bytes(artifact.bytes)}, ${code(artifact.sha256.slice(0, 16))}`,
  ]);
  return `## Recipes\n\n${table(['Models', 'From bytes to tensor', 'Recipe digest', 'Artifact, SHA-256'], rows)}`;
}

function method(record: RunRecord): string {
  return `## How this was measured\n\n${bullets(methodOf(record).map(escaped))}`;
}

function again(record: RunRecord): string {
  const { commands, specs } = againOf(record);
  const place = record.mergedFrom
    ? 'With the specs below as files, and the dataset where they say:'
    : 'In this folder, with the dataset where the spec says:';
  return [
    '## Run it again',
    place,
    `\`\`\`sh\n${commands.map(visible).join('\n')}\n\`\`\``,
    ...specs.map(specBlock),
  ].join('\n\n');
}

function specBlock({ name, spec }: { name: string; spec: unknown }): string {
  const text = JSON.stringify(spec ?? null, null, 2)
    .split('\n')
    .map(visible)
    .join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `<details>\n<summary>${escaped(name)}</summary>\n\n${fence}json\n${text}\n${fence}\n\n</details>`;
}
