import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { TopfiveError } from '../../src/errors.ts';
import {
  decodePredictions,
  encodePredictions,
  type PredictionColumns,
  predictionsText,
} from '../../src/report/predictions.ts';
import { imageStates } from '../../src/scoring/records.ts';
import { parseCsv } from './read-text.ts';
import { drawPredictions, hostile } from './record-fixture.ts';

const header = 'key,label,state,c1,c2,c3,c4,c5,p1,p2,p3,p4,p5,rank';

const int32 = { min: 0, max: 2 ** 31 - 1 };
const probability = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);

/** One image: failed, or scored by a head with one to six classes. */
const image = fc
  .record({
    key: fc.string({ unit: 'grapheme' }),
    label: fc.integer(int32),
    state: fc.constantFrom(...imageStates),
    rank: fc.integer({ ...int32, min: 1 }),
    known: fc.integer({ min: 1, max: 5 }),
    classes: fc.array(fc.integer(int32), { minLength: 5, maxLength: 5 }),
    probabilities: fc.array(probability, { minLength: 5, maxLength: 5 }),
  })
  .map((one) => {
    const known = one.state === 'scored' ? one.known : 0;
    return {
      ...one,
      rank: one.state === 'scored' ? one.rank : 0,
      classes: one.classes.map((value, place) => (place < known ? value : -1)),
      probabilities: one.probabilities.map((value, place) => (place < known ? value : 0)),
    };
  });

const columnsOf = fc.array(image, { maxLength: 40 }).map(
  (images): PredictionColumns => ({
    keys: images.map(({ key }) => key),
    labels: images.map(({ label }) => label),
    predictions: {
      states: images.map(({ state }) => state),
      ranks: images.map(({ rank }) => rank),
      classes: images.flatMap(({ classes }) => classes),
      probabilities: images.flatMap(({ probabilities }) => probabilities),
    },
  }),
);

test('any columns come back from Parquet bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(columnsOf, async (columns) => {
      assert.deepEqual(await decodePredictions(encodePredictions(columns)), columns);
    }),
    { numRuns: 60 },
  );
});

test('equal columns give equal bytes', () => {
  const [a, b] = [drawPredictions(3000), drawPredictions(3000)].map(encodePredictions);
  assert.deepEqual(a, b);
});

test('the file has the fixed columns, typed, in their order', async () => {
  const bytes = encodePredictions(drawPredictions(10));
  const { schema } = parquetMetadata(bytes.slice().buffer);
  const columns = schema
    .slice(1)
    .map(({ name, type, repetition_type }) => `${name} ${type} ${repetition_type}`);
  assert.deepEqual(columns, [
    'key BYTE_ARRAY REQUIRED',
    'label INT32 REQUIRED',
    'state BYTE_ARRAY REQUIRED',
    ...[1, 2, 3, 4, 5].map((place) => `c${place} INT32 OPTIONAL`),
    ...[1, 2, 3, 4, 5].map((place) => `p${place} DOUBLE OPTIONAL`),
    'rank INT32 OPTIONAL',
  ]);
});

const failed: PredictionColumns = {
  keys: ['a,"b"\n'],
  labels: [7],
  predictions: {
    states: ['missing'],
    ranks: [0],
    classes: [-1, -1, -1, -1, -1],
    probabilities: [0, 0, 0, 0, 0],
  },
};

test('a failed image has null classes, probabilities and rank', async () => {
  const [row] = await parquetReadObjects({ file: encodePredictions(failed).slice().buffer });
  assert.deepEqual(Object.values(row), ['a,"b"\n', 7, 'missing', ...new Array(11).fill(null)]);
  assert.deepEqual(parseCsv([...predictionsText(failed, 'csv')].join('')), [
    header.split(','),
    ['a,"b"\n', '7', 'missing', ...new Array(11).fill('')],
  ]);
});

test('CSV starts with the header and its numbers read back exactly', () => {
  fc.assert(
    fc.property(columnsOf, (columns) => {
      const [names, ...rows] = parseCsv([...predictionsText(columns, 'csv')].join(''));
      assert.equal(names.join(), header);
      assert.deepEqual(
        rows.map(([key]) => key),
        columns.keys,
      );
      const { classes, probabilities } = columns.predictions;
      assert.deepEqual(
        rows.flatMap((row) => row.slice(3, 8)).map((cell) => (cell === '' ? -1 : Number(cell))),
        classes,
      );
      assert.deepEqual(rows.flatMap((row) => row.slice(8, 13)).map(Number), probabilities);
      assert.deepEqual(
        rows.map((row) => Number(row[13])),
        columns.predictions.ranks,
      );
    }),
  );
});

test('JSON Lines has one object a row with the same fields in the same order', () => {
  const columns = {
    ...drawPredictions(2500),
    keys: drawPredictions(2500).keys.map((key) => key + hostile),
  };
  const chunks = [...predictionsText(columns, 'jsonl')];
  assert.equal(chunks.length, 3);
  assert.ok(chunks.every((chunk) => chunk.endsWith('\n')));
  const rows = chunks
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(rows.length, 2500);
  assert.equal(Object.keys(rows[0]).join(), header);
  assert.deepEqual(
    rows.map(({ key }) => key),
    columns.keys,
  );
  assert.deepEqual(
    rows.map(({ rank }) => rank ?? 0),
    columns.predictions.ranks,
  );
});

test('bytes that are no predictions are refused with what was expected', async () => {
  const damaged = encodePredictions(drawPredictions(100)).subarray(0, 500);
  for (const bytes of [new Uint8Array(), Buffer.from('key,label'), damaged]) {
    await assert.rejects(
      decodePredictions(bytes),
      (error) =>
        error instanceof TopfiveError &&
        error.kind === 'invalid' &&
        error.message.includes('key, label, state'),
    );
  }
});
