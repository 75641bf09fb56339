/** `topfive models list`: the registry, one line a card. */
import type { Command } from 'commander';
import { costsOfCard } from '../../models/card-cost.ts';
import type { ModelCard } from '../../models/cards/card.ts';
import { cards } from '../../models/cards.ts';
import { fraction, inUnits } from '../../report/numbers.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { renderTable } from '../table.ts';

export function addModelList(models: Command): void {
  models
    .command('list')
    .description('list the model cards of the registry')
    .addOption(jsonOption('an array of cards in short'))
    .action(async (flags: { json?: true }) => {
      const rows = cards.map(inShort);
      await (flags.json ? writeJson(rows) : writeOut(tableOf(rows)));
    });
}

function inShort(card: ModelCard) {
  const { id, family, classes, recipe, published, checkpoints } = card;
  const { params, macs } = costsOfCard(card).exact;
  return {
    id,
    family,
    classes,
    resizeShort: recipe.resizeShort,
    crop: recipe.crop,
    kernel: recipe.kernel,
    published: { top1: published.top1, top5: published.top5, source: published.source },
    cost: { params, macs },
    nonCommercial: checkpoints.every((checkpoint) => checkpoint.nonCommercial),
  };
}

function tableOf(rows: ReturnType<typeof inShort>[]): string {
  return renderTable({
    head: [
      'model',
      'family',
      'resize',
      'crop',
      'top-1',
      'top-5',
      'params (M)',
      'MACs (G)',
      'weights',
    ],
    right: [2, 3, 4, 5, 6, 7],
    rows: rows.map(({ id, family, resizeShort, crop, kernel, published, cost, nonCommercial }) => [
      id,
      family,
      `${kernel} ${resizeShort}`,
      String(crop),
      fraction(published.top1),
      fraction(published.top5),
      inUnits(cost.params, 1e6),
      inUnits(cost.macs, 1e9),
      nonCommercial ? 'non-commercial' : '',
    ]),
  });
}
