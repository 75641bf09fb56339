/**
 * How the moments at which an early stop is read move its cost: `npx tsx bench/early-stop-readings.ts [--nights 2000]`.
 * Written apart from src/scoring/early-stop.ts, so that the two can be held against each other.
 */
import { parseArgs } from 'node:util';
import { createRandom, type Random } from '../src/data/random.ts';

const { values } = parseArgs({ options: { nights: { type: 'string', default: '2000' } } });
const nights = Number(values.nights);

const images = 50_000;
const claimed = 101;
const alpha = 0.05;
const bets = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8];

interface Reading {
  shard: number;
  /** Where the largest wealth is looked for: after every image, or at the ends of shards alone. */
  peak: 'images' | 'shards';
  /** Bets as if the images were endless, and draws each afresh. */
  endless?: true;
}

/** Share of the images that a night without loss sees before it passes. */
function shareSeen(
  discordant: number,
  { reading, random }: { reading: Reading; random: Random },
): number {
  const { shard, peak, endless } = reading;
  const wealth = bets.map(() => 1);
  let [lost, gained, sum, highest] = [discordant / 2, discordant / 2, 0, 1];
  for (let seen = 0; seen < images; seen += 1) {
    const mean = endless ? claimed / images : (claimed - sum) / (images - seen);
    if (mean > 1) return seen / images;
    const mark = random.next() * (endless ? images : images - seen);
    const outcome = mark < lost ? 1 : mark < lost + gained ? -1 : 0;
    if (!endless && outcome === 1) lost -= 1;
    if (!endless && outcome === -1) gained -= 1;
    sum += outcome;
    let total = 0;
    for (const [index, bet] of bets.entries()) {
      wealth[index] *= 1 + Math.min(bet, 0.99 / (1 - mean)) * (mean - outcome);
      total += wealth[index];
    }
    const isEnd = (seen + 1) % shard === 0;
    if (peak === 'images' || isEnd) highest = Math.max(highest, total / bets.length);
    if (isEnd && 1 / highest <= alpha) return (seen + 1) / images;
  }
  return 1;
}

const readings: Record<string, Reading> = {
  'largest wealth after every image, shards of 500': { shard: 500, peak: 'images' },
  'largest wealth at shard ends, shards of 500': { shard: 500, peak: 'shards' },
  'largest wealth at shard ends, shards of 1,000': { shard: 1000, peak: 'shards' },
  'largest wealth at shard ends, shards of 2,000': { shard: 2000, peak: 'shards' },
  'the same of 1,000, as if the images were endless': {
    shard: 1000,
    peak: 'shards',
    endless: true,
  },
};

process.stdout.write(
  `mean share of ${images} images, ${nights} nights without loss; discordance 0.1%, 1%, 5%\n`,
);
for (const [what, reading] of Object.entries(readings)) {
  const shares = [50, 500, 2500].map((discordant) => {
    const random = createRandom(9, discordant);
    let sum = 0;
    for (let night = 0; night < nights; night += 1)
      sum += shareSeen(discordant, { reading, random });
    return `${((100 * sum) / nights).toFixed(1)}%`;
  });
  process.stdout.write(
    `  ${what.padEnd(52)} ${shares.map((share) => share.padStart(7)).join('')}\n`,
  );
}
