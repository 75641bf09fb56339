/** `topfive models show`: a model card, with its cost by every convention. */
import type { Command } from 'commander';
import { costsOfCard } from '../../models/card-cost.ts';
import type { ModelCard } from '../../models/cards/card.ts';
import { requireCard } from '../../models/cards.ts';
import type { Costs } from '../../onnx/conventions.ts';
import { counted, inUnits } from '../../report/numbers.ts';
import { recipeSteps } from '../../report/recipe-words.ts';
import { digestOf } from '../../storage/digest.ts';
import { costTable } from '../cost-table.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { renderTable } from '../table.ts';

export function addShow(models: Command): void {
  models
    .command('show')
    .description('show a model card: recipe, published figures, cost, latency, weights')
    .argument('<id>', 'id of a card, as "topfive models list" prints it')
    .addOption(jsonOption('the card'))
    .action(async (id: string, flags: { json?: true }) => {
      const card = requireCard(id);
      const cost = costsOfCard(card);
      await (flags.json ? writeJson({ ...card, cost }) : writeOut(describeCard(card, cost)));
    });
}

function describeCard(card: ModelCard, cost: Costs): string {
  const { id, family, classes, recipe, published } = card;
  const steps = recipeSteps({ ...recipe, digest: digestOf(recipe) });
  const parts: [string, string][] = [
    ['Recipe', steps.map((step) => `${step}\n`).join('')],
    ['Accuracy', accuracyTable(published)],
    ['Cost of one image', costTable(cost) + printedCost(published.cost)],
    ['Latency, ms a batch', latencyTable(published.latency)],
    ['Checkpoints', checkpointTable(card)],
  ];
  const title = `${id}, of the family ${family}, ${counted(classes, 'class')}\n`;
  return title + parts.map(([heading, text]) => `\n${heading}\n${indented(text)}`).join('');
}

const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

function accuracyTable({
  top1,
  top5,
  source,
  printed,
  reference,
  tolerance,
}: ModelCard['published']) {
  const rows = [
    ['published', { top1, top5, source }, 4],
    ['printed', printed, 3],
    ['reference', reference, 3],
  ] as const;
  const table = renderTable({
    head: ['', 'top-1', 'top-5', 'source'],
    right: [1, 2],
    rows: rows.map(([name, figure, digits]) => [
      name,
      figure?.top1.toFixed(digits) ?? '-',
      figure?.top5.toFixed(digits) ?? '-',
      figure?.source ?? '',
    ]),
  });
  return `${table}tolerance ${tolerance.fraction}: ${tolerance.source}\n`;
}

function printedCost({
  params,
  flops,
  convention,
  exceptions,
  source,
}: ModelCard['published']['cost']) {
  const lines = [
    `printed: ${inUnits(params, 1e6)} M parameters, ${inUnits(flops, 1e9)} G FLOPS, by ${convention} (${source})`,
    ...exceptions.map(({ figure, reason }) => `printed ${figure}, an exception: ${reason}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function latencyTable({ cells, source }: ModelCard['published']['latency']): string {
  const batches = [...new Set(cells.map(({ batch }) => batch))];
  const lines = [...new Set(cells.map(({ device, precision }) => `${device} ${precision}`))];
  const msOf = (line: string, batch: number) =>
    cells.find((cell) => `${cell.device} ${cell.precision}` === line && cell.batch === batch)?.ms;
  const table = renderTable({
    head: ['', ...batches.map((batch) => `batch ${batch}`)],
    right: batches.map((_, place) => place + 1),
    rows: lines.map((line) => [line, ...batches.map((batch) => String(msOf(line, batch) ?? '-'))]),
  });
  return `${table}${source}\n`;
}

function checkpointTable({ checkpoints }: ModelCard): string {
  return renderTable({
    head: ['publisher', 'licence', 'weights', 'url'],
    rows: checkpoints.map(({ publisher, licence, nonCommercial, measured, url }) => [
      publisher,
      nonCommercial ? `${licence} (non-commercial)` : licence,
      measured ? 'of the published figures' : 'others',
      url,
    ]),
  });
}
