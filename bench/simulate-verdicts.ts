/**
 * Error rates, power and cost of verdicts: `npx tsx bench/simulate-verdicts.ts [--trials 20000] [--seed 1]`.
 * Fails when the upper 99% Clopper–Pearson limit of an error rate exceeds 1.1 times its level.
 */
import { parseArgs } from 'node:util';
import { clopperPearsonUpper } from '../src/scoring/distributions.ts';
import {
  differ,
  earlyNights,
  manifestNights,
  type Night,
  populationNights,
} from './verdict-trials.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
  },
});
const trials = Number(values.trials);
const seed = Number(values.seed);

const night: Night = { images: 50000, alpha: 0.05, margin: 0.002, gates: 1 };
const marginImages = 100;
const families = [1, 28];
const percent = (fraction: number, digits = 2) => `${(100 * fraction).toFixed(digits)}%`;
const print = (line: string) => process.stdout.write(`${line}\n`);

let failures = 0;

function printRate(what: string, hits: number): void {
  const limit = clopperPearsonUpper(hits, { trials, confidence: 0.99 });
  const holds = limit <= 1.1 * night.alpha;
  failures += Number(!holds);
  const rate = percent(hits / trials).padStart(7);
  print(`  ${what.padEnd(74)} ${rate}  ≤ ${percent(limit)} ${holds ? 'ok' : 'TOO HIGH'}`);
}

function printPopulationErrors(): void {
  print(`population: ${trials} nights of ${night.images} images at the null boundary`);
  for (const discordant of [0.001, 0.01, 0.05, 0.1]) {
    for (const gates of discordant === 0.01 ? families : [1]) {
      const { proven } = populationNights(
        { ...night, gates },
        { difference: differ(0, discordant), trials, seed },
      );
      printRate(`false alarm, no loss, ${percent(discordant)} discordant, ${gates} gates`, proven);
    }
  }
  for (const discordant of [0.002, 0.0025, 0.01, 0.05, 0.1]) {
    const { verdicts } = populationNights(night, {
      difference: differ(night.margin, discordant),
      trials,
      seed,
    });
    printRate(`false pass, loss of the margin, ${percent(discordant)} discordant`, verdicts.pass);
  }
}

function printManifestErrors(): void {
  print(`manifest: ${trials} nights, noise calibrated from five runs`);
  for (const spread of [0.3, 1, 5, 40]) {
    for (const gates of families) {
      const draw = (lost: number) =>
        manifestNights({ ...night, gates }, { lost, spread, trials, seed });
      const about = `spread ${spread}, ${gates} gates`;
      printRate(`false alarm, loss of the margin, ${about}`, draw(marginImages).regression);
      printRate(
        `false pass, one image more than the margin, ${about}`,
        draw(marginImages + 1).pass,
      );
    }
  }
}

/** A manifest with this loss and discordance, in images. */
function manifestOf(images: number, { lost, discordant }: { lost: number; discordant: number }) {
  return {
    images,
    onlyBaseline: Math.ceil((discordant + lost) / 2),
    onlyCandidate: Math.ceil((discordant + lost) / 2) - lost,
  };
}

function printEarlyErrors(): void {
  const images = 10000;
  const margin = images * night.margin;
  print(`early stop: ${trials} nights of ${images} images, read after every 500`);
  for (const share of [0.0025, 0.01, 0.05]) {
    const draw = (lost: number) =>
      earlyNights({
        manifest: manifestOf(images, { lost, discordant: share * images }),
        alpha: night.alpha,
        marginImages: margin,
        gates: 1,
        shard: 500,
        trials,
        seed,
      });
    const about = `${percent(share)} discordant`;
    printRate(`false alarm, loss of the margin, ${about}`, draw(margin).regression);
    printRate(`false pass, one image more than the margin, ${about}`, draw(margin + 1).pass);
  }
}

function printPower(): void {
  const nights = Math.ceil(trials / 10);
  print(`population: what ${nights} nights found, one gate, margin ${percent(night.margin)}`);
  print('  drop    discordant  loss proven     pass  inconclusive  regression');
  for (const drop of [0.001, 0.003, 0.01]) {
    for (const discordant of [0.01, 0.05, 0.1]) {
      const { proven, verdicts } = populationNights(night, {
        difference: differ(drop, discordant),
        trials: nights,
        seed,
      });
      const { pass, inconclusive, regression } = verdicts;
      const cells = [proven, pass, inconclusive, regression].map((count) =>
        percent(count / nights, 1),
      );
      const [one, two, three, four] = cells;
      print(
        `  ${percent(drop)}   ${percent(discordant, 0).padStart(9)}  ${one.padStart(11)} ${two.padStart(8)} ${three.padStart(13)} ${four.padStart(11)}`,
      );
    }
  }
}

function printCost(): void {
  print(`early stop: share of ${night.images} images seen, margin ${percent(night.margin)}`);
  const cases = [
    { lost: 0, share: 0.001, gates: 1, expected: '9%' },
    { lost: 0, share: 0.01, gates: 1, expected: '30%' },
    { lost: 0, share: 0.05, gates: 1, expected: '69%' },
    { lost: 0, share: 0.01, gates: 28, expected: '56%' },
    { lost: 150, share: 0.01, gates: 1, expected: null },
    { lost: 500, share: 0.01, gates: 1, expected: null },
  ];
  for (const { lost, share, gates, expected } of cases) {
    const nights = Math.ceil(trials / (gates === 1 ? 20 : 1000));
    const { share: seen } = earlyNights({
      manifest: manifestOf(night.images, { lost, discordant: share * night.images }),
      alpha: night.alpha,
      marginImages,
      gates,
      shard: 500,
      trials: nights,
      seed,
    });
    const known = expected ? ` (known: ${expected})` : '';
    print(
      `  ${`${lost} images lost, ${percent(share)} discordant, ${gates} gates, ${nights} nights`.padEnd(62)} ${percent(seen, 0).padStart(4)}${known}`,
    );
  }
}

printPopulationErrors();
printManifestErrors();
printEarlyErrors();
printPower();
printCost();
print(
  failures === 0 ? 'Every error rate keeps its level.' : `${failures} error rates are too high.`,
);
process.exitCode = failures === 0 ? 0 : 1;
