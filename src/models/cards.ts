/** The registry: one card for each of the fourteen models of PaddleClas' "EfficientNet and ResNeXt101_wsl Series". */
import { TopfiveError } from '../errors.ts';
import { cardOf, type ModelCard } from './cards/card.ts';
import { efficientNets } from './cards/efficientnet.ts';
import { resnext101Wsl } from './cards/resnext101-wsl.ts';

/** In the order of the page. */
export const cards: readonly ModelCard[] = [
  ...resnext101Wsl.map((row) => cardOf('ResNeXt101_wsl', row)),
  ...efficientNets.map((row) => cardOf('EfficientNet', row)),
];

export function findCard(id: string): ModelCard | undefined {
  return cards.find((known) => known.id === id);
}

/** @throws TopfiveError `usage`, with the ids of all cards */
export function requireCard(id: string): ModelCard {
  const card = findCard(id);
  if (card) return card;
  throw new TopfiveError(
    'usage',
    `there is no card "${id}"; the cards are ${cards.map((known) => known.id).join(', ')}`,
  );
}
