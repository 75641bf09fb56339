/** Tallies: integers that add, and the check that a record's integers follow from its predictions. */
import { K, type Predictions, type ShardRecord, type Tally } from './records.ts';

export const zeroTally: Readonly<Tally> = {
  expected: 0,
  scored: 0,
  top1: 0,
  top5: 0,
  ties: 0,
  undecodable: 0,
  missing: 0,
  modelError: 0,
};

export function addTallies(a: Readonly<Tally>, b: Readonly<Tally>): Tally {
  return {
    expected: a.expected + b.expected,
    scored: a.scored + b.scored,
    top1: a.top1 + b.top1,
    top5: a.top5 + b.top5,
    ties: a.ties + b.ties,
    undecodable: a.undecodable + b.undecodable,
    missing: a.missing + b.missing,
    modelError: a.modelError + b.modelError,
  };
}

/** @param ties scored images where another class has the label's score; predictions do not keep it. */
export function tallyOf({ states, ranks }: Predictions, ties: number): Tally {
  const tally = { ...zeroTally, expected: states.length, ties };
  for (const [image, state] of states.entries()) {
    if (state === 'scored') {
      tally.scored += 1;
      tally.top1 += ranks[image] === 1 ? 1 : 0;
      tally.top5 += ranks[image] <= 5 ? 1 : 0;
    } else if (state === 'model-error') {
      tally.modelError += 1;
    } else {
      tally[state] += 1;
    }
  }
  return tally;
}

/** Why a shard record contradicts itself, in one sentence; null when it does not. */
export function checkTally({
  shard,
  tally,
  predictions,
  failures,
}: Pick<ShardRecord, 'shard' | 'tally' | 'predictions' | 'failures'>): string | null {
  const images = shard.end - shard.start;
  const { states, ranks, classes, probabilities } = predictions;
  const lengths = [states.length, ranks.length, classes.length / K, probabilities.length / K];
  if (images < 1 || lengths.some((length) => length !== images)) {
    return `Shard ${shard.index} covers ${images} images, but its columns have ${lengths.join(', ')} rows.`;
  }
  const odd = states.findIndex((state, image) => (state === 'scored') !== ranks[image] > 0);
  if (odd >= 0) {
    return `Shard ${shard.index} says that image ${shard.start + odd} is ${states[odd]}, but gives it rank ${ranks[odd]}.`;
  }
  const counted = tallyOf(predictions, tally.ties);
  const wrong = (Object.keys(counted) as (keyof Tally)[]).find(
    (name) => counted[name] !== tally[name],
  );
  if (wrong) {
    return `Shard ${shard.index} says ${wrong} = ${tally[wrong]}, but its predictions count ${counted[wrong]}.`;
  }
  if (tally.ties > tally.scored) {
    return `Shard ${shard.index} counts ${tally.ties} ties among ${tally.scored} scored images.`;
  }
  const failed = images - tally.scored;
  return failures.length === failed
    ? null
    : `Shard ${shard.index} has ${failed} failed images, but lists ${failures.length}.`;
}
