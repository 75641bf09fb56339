/** Run records for the tests of the report room: consistent counts, drawn from a seeded generator. */
import { publishedOf, seriesAround } from '../../src/jobs/model-figures.ts';
import { costsOfCard } from '../../src/models/card-cost.ts';
import { cards } from '../../src/models/cards.ts';
import { publishedSchema } from '../../src/scoring/published.ts';
import { K, type Predictions } from '../../src/scoring/records.ts';
import { type ModelResult, type RunRecord, runRecordSchema } from '../../src/scoring/run-record.ts';
import { metricOf } from '../../src/scoring/wilson.ts';

export interface ModelSketch {
  id: string;
  card?: string;
  precision?: 'fp32' | 'fp16';
  /** About the share of images with rank 1 and with rank 5 or better. */
  top1: number;
  top5: number;
  published?: ModelResult['published'];
  cost?: ModelResult['cost'];
  costReason?: string;
  labelSets?: ModelResult['labelSets'];
  conversion?: ModelResult['conversion'];
  resizeShort?: number;
  crop?: number;
  undecodable?: number;
  missing?: number;
  modelError?: number;
}

export interface RecordSketch {
  models: ModelSketch[];
  classes: number;
  imagesPerClass: number;
  classNames?: string[] | null;
  change?: Partial<RunRecord>;
}

/** mulberry32: 32 bits of state, uniform on [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hex = (digit: string) => digit.repeat(64);

export function makeRecord(sketch: RecordSketch): RunRecord {
  const models = sketch.models.map((model, index) => makeModel(model, { ...sketch, index }));
  const invalid = models.some(({ tally }) => tally.missing + tally.modelError > 0);
  return runRecordSchema.parse({
    schemaVersion: 1,
    status: invalid ? 'invalid' : 'complete',
    reasons: models.flatMap(({ id, tally }) =>
      tally.missing + tally.modelError > 0
        ? [
            `${id}: ${tally.missing} images of the manifest are missing, ${tally.modelError} have no answer`,
          ]
        : [],
    ),
    runId: '20260823-041500-efficientnet-sweep-7c1f',
    name: 'efficientnet-sweep',
    topfive: '0.1.0',
    createdAt: '2026-08-23T04:15:00.000Z',
    finishedAt: '2026-08-23T05:02:41.318Z',
    dataset: {
      uri: 'file:///data/imagenet/val',
      layout: 'list',
      images: sketch.classes * sketch.imagesPerClass,
      digest: hex('d'),
      classNames: sketch.classNames ?? null,
    },
    models,
    series: seriesAround(models),
    precisions: [],
    environment: {
      workers: ['alder', 'birch'].map((host) => ({
        host,
        device: 'AMD EPYC 9354 32-Core Processor',
        driver: null,
        threads: 4,
        node: 'v20.20.2',
        os: 'linux 6.8.0',
        records: 49 * models.length,
      })),
      runtime: 'onnxruntime-node 1.30.0',
      decoder: 'sharp 0.35.5, libvips 8.18.0',
    },
    timings: { wallSeconds: 2861.318, imagesPerSecond: 244.64 },
    spec: {
      version: 1,
      name: 'efficientnet-sweep',
      dataset: { uri: '/data/imagenet/val', labels: '/data/imagenet/val_list.txt', layout: 'list' },
      models: sketch.models.map(({ id }) => id),
      precision: ['fp32'],
      device: 'auto',
      batchSize: 'auto',
      shardSize: 'auto',
    },
    ...sketch.change,
  });
}

function makeModel(
  sketch: ModelSketch,
  { classes, imagesPerClass, index }: RecordSketch & { index: number },
): ModelResult {
  const random = seededRandom(index + 1);
  const failed = (sketch.undecodable ?? 0) + (sketch.missing ?? 0) + (sketch.modelError ?? 0);
  const perClass = Array.from({ length: classes }, (_, label) => {
    const ease = random() ** 0.7 * 1.25 - 0.735;
    const out = Math.min(imagesPerClass, Math.max(0, failed - label * imagesPerClass));
    const images = imagesPerClass - out;
    const top1 = drawHits(sketch.top1 + ease * (1 - sketch.top1) * 1.4, images, random);
    return { label, expected: imagesPerClass, images, top1 };
  });
  settle(
    perClass,
    Math.round((sketch.top1 + (random() - 0.5) * 0.002) * classes * imagesPerClass),
    random,
  );
  const among = (sketch.top5 - sketch.top1) / (1 - sketch.top1);
  const rows = perClass.map(({ images, ...row }) => ({
    ...row,
    top5: row.top1 + drawHits(among, images - row.top1, random),
  }));
  const sum = (of: 'top1' | 'top5') => rows.reduce((total, row) => total + row[of], 0);
  const expected = classes * imagesPerClass;
  const tally = {
    expected,
    scored: expected - failed,
    top1: sum('top1'),
    top5: sum('top5'),
    ties: 0,
    undecodable: sketch.undecodable ?? 0,
    missing: sketch.missing ?? 0,
    modelError: sketch.modelError ?? 0,
  };
  const precision = sketch.precision ?? 'fp32';
  return {
    id: sketch.id,
    card: sketch.card ?? null,
    precision,
    artifact: {
      sha256: hex((index % 10).toString()),
      bytes: 21_167_432 + index,
      name: `${sketch.id}.onnx`,
    },
    recipe: {
      digest: hex('e'),
      decoder: 'opencv',
      kernel: 'cubic',
      resizeShort: sketch.resizeShort ?? 256,
      crop: sketch.crop ?? 224,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      channelOrder: 'rgb',
      scale: 1 / 255,
      layout: 'nchw',
    },
    classes,
    accuracy: {
      expected,
      scored: tally.scored,
      failed,
      top1: metricOf(tally.top1, expected),
      top5: metricOf(tally.top5, expected),
    },
    labelSets: sketch.labelSets ?? [],
    tally,
    sumsToOne: false,
    conversion: sketch.conversion ?? null,
    published: sketch.published ?? null,
    cost: sketch.cost ?? null,
    costReason: sketch.costReason ?? null,
    failures: makeFailures(sketch),
    perClass: rows,
    confusions: Array.from({ length: Math.min(50, classes) }, (_, place) => {
      const label = Math.floor(random() * classes);
      const predicted = (label + 1 + Math.floor(random() * (classes - 1))) % classes;
      return { label, predicted, count: 24 - Math.floor(place / 3) };
    }),
    conditions: {
      artifact: hex((index % 10).toString()),
      recipe: hex('e'),
      dataset: hex('d'),
      classOffset: 0,
      precision,
      normalisation: 'graph',
      provider: 'cpu',
      arithmetic: 'fp32',
      batch: 4,
      runtime: 'onnxruntime-node 1.30.0',
      decoder: 'sharp 0.35.5, libvips 8.18.0',
      topfive: '0.1.0',
    },
    mistakes: Array.from({ length: 20 }, (_, place) => {
      const label = Math.floor(random() * classes);
      const probability = 1 - (place + random()) / 40;
      return {
        key: `mistake-${place % 3 ? index : ''}-${place}`,
        label,
        predicted: (label + 1) % classes,
        probability,
      };
    }),
    labelTrouble: null,
    nondeterminism: [],
    timings: { readMs: 9_200, pixelsMs: 214_000, inferMs: 331_000 + 90_000 * index },
  };
}

/** Moves single images until the classes together have `total` right, as far as there is room. */
function settle(
  rows: { images: number; top1: number }[],
  total: number,
  random: () => number,
): void {
  let left = total - rows.reduce((sum, { top1 }) => sum + top1, 0);
  for (let tries = 0; left !== 0 && tries < 1e6; tries += 1) {
    const row = rows[Math.floor(random() * rows.length)];
    const next = row.top1 + Math.sign(left);
    if (next < 0 || next > row.images) continue;
    row.top1 = next;
    left -= Math.sign(left);
  }
}

function drawHits(rate: number, images: number, random: () => number): number {
  let hits = 0;
  for (let image = 0; image < images; image += 1) hits += random() < rate ? 1 : 0;
  return hits;
}

function makeFailures({
  undecodable = 0,
  missing = 0,
  modelError = 0,
}: ModelSketch): ModelResult['failures'] {
  const states = [
    ...new Array<'undecodable'>(undecodable).fill('undecodable'),
    ...new Array<'missing'>(missing).fill('missing'),
    ...new Array<'model-error'>(modelError).fill('model-error'),
  ];
  const reasons = {
    undecodable: 'premature end of the JPEG data after 1,204 bytes',
    missing: 'there is no such file under the root of the dataset',
    'model-error': 'the logits hold a NaN',
  };
  return states.map((state, image) => ({
    key: `ILSVRC2012_val_${String(image + 1).padStart(8, '0')}.JPEG`,
    state,
    reason: reasons[state],
  }));
}

const words = [
  'heron',
  'lantern',
  'kettle',
  'spaniel',
  'canoe',
  'thistle',
  'gannet',
  'mortar',
  'sledge',
  'tabby',
];

export const manyClassNames = Array.from(
  { length: 1000 },
  (_, label) =>
    `${words[label % 10]}, ${words[Math.floor(label / 10) % 10]} ${words[Math.floor(label / 100)]}`,
);

/** The fourteen models of the registry on 1,000 classes of 50 images. */
export function seriesRecord(change: Partial<RecordSketch> = {}): RunRecord {
  return makeRecord({
    classes: 1000,
    imagesPerClass: 50,
    classNames: manyClassNames,
    models: cards.map((card) => {
      const { params, macs } = costsOfCard(card).exact;
      return {
        id: card.id,
        card: card.id,
        top1: card.published.top1,
        top5: card.published.top5,
        resizeShort: card.recipe.resizeShort,
        crop: card.recipe.crop,
        undecodable: 3,
        published: publishedOf(card),
        cost: { params, macs, flops: 2 * macs },
      };
    }),
    ...change,
  });
}

/** Two small models on ten classes, every image scored. */
export function smallRecord(change: Partial<RecordSketch> = {}): RunRecord {
  return makeRecord({
    classes: 10,
    imagesPerClass: 20,
    models: [
      { id: 'tiny-a', top1: 0.6, top5: 0.9, cost: { params: 2410, macs: 90_000, flops: 181_234 } },
      { id: 'tiny-b', top1: 0.7, top5: 0.95 },
    ],
    ...change,
  });
}

export function invalidRecord(): RunRecord {
  return smallRecord({
    models: [
      { id: 'tiny-a', top1: 0.6, top5: 0.9, undecodable: 1, missing: 2, modelError: 9 },
      { id: 'tiny-b', top1: 0.7, top5: 0.95, undecodable: 1 },
    ],
  });
}

export const hostile = `</td><script>alert("x")</script>'|\`*_[a](http://evil.example)_ \u202e\u0007\u0000\n# & ]]> @user`;

/** Every text that others can choose says `hostile`. */
export function hostileRecord(): RunRecord {
  const record = invalidRecord();
  const [model] = record.models;
  return {
    ...record,
    name: hostile,
    runId: hostile,
    reasons: [`tiny-a: ${hostile}`],
    dataset: {
      ...record.dataset,
      uri: hostile,
      classNames: Array.from({ length: 10 }, () => hostile),
    },
    models: [
      {
        ...model,
        published: publishedSchema.parse({ top1: 0.6, top5: 0.9, source: hostile }),
        artifact: { ...model.artifact, name: hostile },
        recipe: { ...model.recipe, kernel: hostile, decoder: hostile },
        failures: model.failures.map((failure) => ({ ...failure, key: hostile, reason: hostile })),
        nondeterminism: [hostile],
      },
      ...record.models.slice(1),
    ],
    environment: {
      ...record.environment,
      runtime: hostile,
      workers: record.environment.workers.map((worker) => ({
        ...worker,
        host: hostile,
        device: hostile,
      })),
    },
    spec: { name: hostile },
  };
}

/** Columns of predictions for `images` images; about one in ten failed. */
export function drawPredictions(
  images: number,
  seed = 1,
): { keys: string[]; labels: number[]; predictions: Predictions } {
  const random = seededRandom(seed);
  const predictions: Predictions = { states: [], ranks: [], classes: [], probabilities: [] };
  for (let image = 0; image < images; image += 1) {
    const failed = random() < 0.1;
    predictions.states.push(failed ? 'undecodable' : 'scored');
    predictions.ranks.push(failed ? 0 : 1 + Math.floor(random() * 1000));
    for (let place = 0; place < K; place += 1) {
      predictions.classes.push(failed ? -1 : Math.floor(random() * 1000));
      predictions.probabilities.push(failed ? 0 : random());
    }
  }
  return {
    keys: Array.from({ length: images }, (_, image) => `val/${image}.JPEG`),
    labels: Array.from({ length: images }, () => Math.floor(random() * 1000)),
    predictions,
  };
}
